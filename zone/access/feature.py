"""Areas, doors, bridges, phones and visits: what this feature offers to the application."""

from datetime import timedelta
from typing import Final

from flask_babel import lazy_gettext

from zone.access.alarms import jobs as alarms_jobs
from zone.access.alarms import queries as alarms_queries
from zone.access.attendance import jobs as attendance_jobs
from zone.access.busyness import jobs as busyness_jobs
from zone.access.conflicts import jobs as conflicts_jobs
from zone.access.doors_out import jobs as doors_out_jobs
from zone.access.doors_out import queries as doors_out_queries
from zone.access.entries import jobs as entries_jobs
from zone.access.live_counts import pages as live_counts_pages
from zone.access.pass_page.pages import PARTS, PARTS_NAME
from zone.access.roster import jobs as roster_jobs
from zone.access.status.metrics import door_gauges
from zone.access.visits import jobs as visits_jobs
from zone.core.identity import Permission, Role
from zone.core.jobs.rules import Job
from zone.members.sign_in.rules import HOME
from zone.web.feature import Feature, ManageItem, NavItem
from zone.web.leaves import leaves_of

FEATURE: Final = Feature(
    name="access",
    leaves=leaves_of("access"),
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
)
