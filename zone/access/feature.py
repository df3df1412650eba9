"""Areas, doors, bridges, phones and visits: what this feature offers to the application."""

from datetime import timedelta
from typing import Final

from flask_babel import lazy_gettext

from zone.access.alarms import jobs as alarms_jobs
from zone.access.alarms import queries as alarms_queries
from zone.access.alarms.api import api as access_alarms_api
from zone.access.areas.api import api as access_areas_api
from zone.access.areas.pages import pages as access_areas_pages
from zone.access.areas.states import STATES as AREA_STATES
from zone.access.attendance import invariants as attendance_invariants
from zone.access.attendance import jobs as attendance_jobs
from zone.access.attendance.api import api as access_attendance_api
from zone.access.attendance.pages import pages as access_attendance_pages
from zone.access.attendance.states import STATES as ATTENDANCE_STATES
from zone.access.bridge_sign_on.api import api as access_bridge_sign_on_api
from zone.access.bridges.api import api as access_bridges_api
from zone.access.busyness import jobs as busyness_jobs
from zone.access.busyness.api import api as access_busyness_api
from zone.access.conflicts import jobs as conflicts_jobs
from zone.access.conflicts.api import api as access_conflicts_api
from zone.access.conflicts.pages import pages as access_conflicts_pages
from zone.access.conflicts.states import STATES as CONFLICT_STATES
from zone.access.credentials.api import api as access_credentials_api
from zone.access.credentials.pages import pages as access_credentials_pages
from zone.access.door_commands.api import api as access_door_commands_api
from zone.access.doors.api import api as access_doors_api
from zone.access.doors.pages import pages as access_doors_pages
from zone.access.doors.states import STATES as DOOR_STATES
from zone.access.doors_out import jobs as doors_out_jobs
from zone.access.doors_out import mails as doors_out_mails
from zone.access.doors_out import queries as doors_out_queries
from zone.access.doors_out.states import STATES as DOORS_OUT_STATES
from zone.access.entries import invariants as entries_invariants
from zone.access.entries import jobs as entries_jobs
from zone.access.entries.api import api as access_entries_api
from zone.access.front_page.pages import pages as access_front_page_pages
from zone.access.front_page.states import STATES as FRONT_PAGE_STATES
from zone.access.live_counts import pages as live_counts_pages
from zone.access.live_counts.api import api as access_live_counts_api
from zone.access.live_counts.states import STATES as LIVE_COUNT_STATES
from zone.access.occupancy.api import api as access_occupancy_api
from zone.access.outages import mails as outages_mails
from zone.access.pass_page.api import api as access_pass_page_api
from zone.access.pass_page.pages import PARTS, PARTS_NAME
from zone.access.pass_page.pages import pages as access_pass_page_pages
from zone.access.pass_page.states import STATES as PASS_STATES
from zone.access.releases.api import api as access_releases_api
from zone.access.releases.pages import pages as access_releases_pages
from zone.access.releases.states import STATES as RELEASE_STATES
from zone.access.roster import invariants as roster_invariants
from zone.access.roster import jobs as roster_jobs
from zone.access.roster.api import api as access_roster_api
from zone.access.shutdowns import invariants as shutdowns_invariants
from zone.access.shutdowns.api import api as access_shutdowns_api
from zone.access.shutdowns.pages import pages as access_shutdowns_pages
from zone.access.shutdowns.states import STATES as SHUTDOWN_STATES
from zone.access.status.metrics import door_gauges
from zone.access.status.pages import pages as access_status_pages
from zone.access.status.states import STATES as STATUS_STATES
from zone.access.visits import invariants as visits_invariants
from zone.access.visits import jobs as visits_jobs
from zone.access.visits.queries import own_visits
from zone.core.identity import Permission, Role
from zone.core.jobs.rules import Job
from zone.core.personal_data import PersonalData, Retention
from zone.members.sign_in.rules import HOME
from zone.web.feature import Feature, ManageItem, NavItem

DOOR_EVENTS: Final = Retention("ZONE_DOOR_EVENT_DAYS", "access.forget_people")

FEATURE: Final = Feature(
    name="access",
    mails=(
        *doors_out_mails.MAILS,
        *outages_mails.MAILS,
    ),
    apis=(
        access_alarms_api,
        access_areas_api,
        access_attendance_api,
        access_bridge_sign_on_api,
        access_bridges_api,
        access_busyness_api,
        access_conflicts_api,
        access_credentials_api,
        access_door_commands_api,
        access_doors_api,
        access_entries_api,
        access_live_counts_api,
        access_occupancy_api,
        access_pass_page_api,
        access_releases_api,
        access_roster_api,
        access_shutdowns_api,
    ),
    pages=(
        access_areas_pages,
        access_attendance_pages,
        access_conflicts_pages,
        access_credentials_pages,
        access_doors_pages,
        access_front_page_pages,
        live_counts_pages.pages,
        access_pass_page_pages,
        access_releases_pages,
        access_shutdowns_pages,
        access_status_pages,
    ),
    jobs=(
        Job("access.derive_visits", timedelta(minutes=1), visits_jobs.derive_visits),
        Job("access.settle", timedelta(minutes=5), attendance_jobs.settle),
        Job(roster_jobs.REACH, timedelta(hours=1), roster_jobs.mark_bookings_within_reach),
        Job(conflicts_jobs.NAME, timedelta(minutes=1), conflicts_jobs.find),
        Job("access.watch_bridges", timedelta(minutes=1), alarms_jobs.watch_bridges),
        Job("access.mail_booked", timedelta(minutes=1), doors_out_jobs.mail_booked),
        Job("access.forget_people", timedelta(days=1), entries_jobs.remove_people),
        Job("access.count_people", timedelta(minutes=10), busyness_jobs.count_people),
        Job("access.tidy", timedelta(hours=1), roster_jobs.delete_expired),
    ),
    gauges=(door_gauges,),
    static=((PARTS_NAME, PARTS),),
    personal_data=(
        PersonalData("visit", ("member_id",), "visits", own_visits, retention=DOOR_EVENTS),
        PersonalData("attendance", ("member_id",), retention=DOOR_EVENTS),
        PersonalData("sighting", ("member_id",), retention=DOOR_EVENTS),
        PersonalData(
            "sighting",
            ("seen_by",),
            reason="who saw a person at a session stays known, as in the audit",
        ),
        PersonalData(
            "head_count",
            ("counted_by",),
            reason="who counted the people at a session stays known, as in the audit",
        ),
        PersonalData("credential", ("member_id", "kid"), reason="the phones of the account"),
        PersonalData(
            "phone_replacement",
            ("member_id", "recorded_by"),
            reason="who replaced whose phone: theft is noticed late",
        ),
        PersonalData("entry", ("holder", "kid"), retention=DOOR_EVENTS),
        PersonalData("used_code", ("kid",), retention=DOOR_EVENTS),
        PersonalData(
            "door_order",
            ("ordered_by",),
            reason="who opened a door from afar stays known, as in the audit",
        ),
        PersonalData(
            "door_shutdown",
            ("shut_by", "lifted_by"),
            reason="who shut doors stays known, as in the audit",
        ),
        PersonalData(
            "door_conflict",
            ("seen_by",),
            reason="who saw to a conflict stays known, as in the audit",
        ),
        PersonalData(
            "bridge_alarm",
            ("acknowledged_by",),
            reason="who saw to an alarm stays known, as in the audit",
        ),
    ),
    invariants=(
        *entries_invariants.INVARIANTS,
        *visits_invariants.INVARIANTS,
        *attendance_invariants.INVARIANTS,
        *roster_invariants.INVARIANTS,
        *shutdowns_invariants.INVARIANTS,
    ),
    navigation=(
        # The work of staff comes before what they do here themselves.
        NavItem(
            "own_classes",
            "/today",
            lazy_gettext("Your classes"),
            "calendar-check",
            position=3,
            role=Role.INSTRUCTOR,
        ),
        NavItem("pass", "/pass", lazy_gettext("Pass"), "qr-code", position=10),
    ),
    booking_notices=(doors_out_queries.notices,),
    class_parts=(live_counts_pages.class_part,),
    homes=((Role.INSTRUCTOR, "/today"), (Role.MEMBER, HOME)),
    manage=(
        ManageItem(
            "/status",
            lazy_gettext("Doors and bridges"),
            "door-open",
            position=80,
            permission=Permission.DOORS_WRITE,
            count=alarms_queries.open_alarms,
        ),
    ),
    states=(
        *DOORS_OUT_STATES,
        *FRONT_PAGE_STATES,
        *PASS_STATES,
        *ATTENDANCE_STATES,
        *LIVE_COUNT_STATES,
        *AREA_STATES,
        *DOOR_STATES,
        *STATUS_STATES,
        *RELEASE_STATES,
        *SHUTDOWN_STATES,
        *CONFLICT_STATES,
    ),
)
