"""What booking offers to the application."""

from datetime import timedelta
from typing import Final

from flask_babel import lazy_gettext

from zone.booking.affected_people.api import api as booking_affected_people_api
from zone.booking.allocations import invariants as allocations_invariants
from zone.booking.attendance_marks import invariants as marks_invariants
from zone.booking.attendance_marks import jobs as marks_jobs
from zone.booking.attendance_marks.api import api as booking_attendance_marks_api
from zone.booking.attendance_marks.pages import pages as booking_attendance_marks_pages
from zone.booking.attendance_marks.queries import count_open_appeals, own_marks
from zone.booking.attendance_marks.states import STATES as MARKS_STATES
from zone.booking.blocks.api import api as booking_blocks_api
from zone.booking.blocks.pages import pages as booking_blocks_pages
from zone.booking.blocks.states import STATES as BLOCKS_STATES
from zone.booking.booking_bans.queries import own_bans
from zone.booking.bookings import flows as bookings_flows
from zone.booking.bookings import invariants as bookings_invariants
from zone.booking.bookings import jobs as bookings_jobs
from zone.booking.bookings.api import api as booking_bookings_api
from zone.booking.bookings.metrics import booking_gauges
from zone.booking.bookings.pages import pages as booking_bookings_pages
from zone.booking.bookings.queries import own_bookings
from zone.booking.bookings.states import STATES as BOOKINGS_STATES
from zone.booking.calendar_feeds.api import api as booking_calendar_feeds_api
from zone.booking.calendar_feeds.pages import pages as booking_calendar_feeds_pages
from zone.booking.calendar_feeds.queries import has_feed, own_feeds
from zone.booking.calendar_feeds.service import end_feed
from zone.booking.calendar_feeds.states import STATES as CALENDARS_STATES
from zone.booking.class_days.api import api as booking_class_days_api
from zone.booking.class_days.pages import pages as booking_class_days_pages
from zone.booking.class_days.states import STATES as CLASS_DAYS_STATES
from zone.booking.closures.api import api as booking_closures_api
from zone.booking.closures.pages import pages as booking_closures_pages
from zone.booking.draws import jobs as draws_jobs
from zone.booking.expansions import jobs as expansions_jobs
from zone.booking.holiday_plans.api import api as booking_holiday_plans_api
from zone.booking.holiday_plans.pages import pages as booking_holiday_plans_pages
from zone.booking.holiday_plans.states import STATES as HOLIDAYS_STATES
from zone.booking.lotteries import invariants as lotteries_invariants
from zone.booking.lotteries.api import api as booking_lotteries_api
from zone.booking.lotteries.pages import pages as booking_lotteries_pages
from zone.booking.lotteries.queries import own_entries
from zone.booking.lotteries.states import STATES as LOTTERIES_STATES
from zone.booking.lottery_messages import mails as lottery_messages_mails
from zone.booking.mark_messages import mails as mark_messages_mails
from zone.booking.messages import jobs as messages_jobs
from zone.booking.messages import mails as messages_mails
from zone.booking.move_messages import mails as move_messages_mails
from zone.booking.moves import invariants as moves_invariants
from zone.booking.moves.api import api as booking_moves_api
from zone.booking.moves.pages import pages as booking_moves_pages
from zone.booking.moves.states import STATES as MOVES_STATES
from zone.booking.offers.api import api as booking_offers_api
from zone.booking.offers.pages import pages as booking_offers_pages
from zone.booking.offers.states import STATES as OFFERS_STATES
from zone.booking.pauses.api import api as booking_pauses_api
from zone.booking.pauses.pages import pages as booking_pauses_pages
from zone.booking.pauses.states import STATES as PAUSES_STATES
from zone.booking.policies.api import api as booking_policies_api
from zone.booking.policies.pages import pages as booking_policies_pages
from zone.booking.policies.states import STATES as POLICIES_STATES
from zone.booking.queue_messages import mails as queue_messages_mails
from zone.booking.rebookings.api import api as booking_rebookings_api
from zone.booking.rebookings.pages import pages as booking_rebookings_pages
from zone.booking.rebookings.states import STATES as REBOOKINGS_STATES
from zone.booking.reservations.api import api as booking_reservations_api
from zone.booking.reservations.pages import pages as booking_reservations_pages
from zone.booking.reservations.states import STATES as COURTS_STATES
from zone.booking.sessions import jobs as sessions_jobs
from zone.booking.sessions.api import api as booking_sessions_api
from zone.booking.sessions.pages import pages as booking_sessions_pages
from zone.booking.single_sessions.api import api as booking_single_sessions_api
from zone.booking.single_sessions.pages import pages as booking_single_sessions_pages
from zone.booking.single_sessions.states import STATES as SINGLE_SESSIONS_STATES
from zone.booking.timetable.pages import pages as booking_timetable_pages
from zone.booking.timetable.states import STATES as TIMETABLE_STATES
from zone.booking.waitlist import invariants as waitlist_invariants
from zone.booking.waitlist import jobs as waitlist_jobs
from zone.booking.waitlist.api import api as booking_waitlist_api
from zone.booking.weekly_classes.api import api as booking_weekly_classes_api
from zone.booking.weekly_classes.pages import pages as booking_weekly_classes_pages
from zone.core.identity import Permission
from zone.core.jobs.rules import Job
from zone.core.personal_data import PersonalData, Retention
from zone.places.holidays.queries import count_unplanned
from zone.web.context import SharedAccess
from zone.web.feature import Feature, ManageItem, NavItem

BOOKINGS: Final = Retention(
    "ZONE_DOOR_EVENT_DAYS from the end of the session; a booking with a mark that counts until the "
    "next term, 365 days at most",
    "booking.forget_people",
)

FEATURE: Final = Feature(
    name="booking",
    mails=(
        *messages_mails.MAILS,
        *queue_messages_mails.MAILS,
        *lottery_messages_mails.MAILS,
        *move_messages_mails.MAILS,
        *mark_messages_mails.MAILS,
    ),
    apis=(
        booking_affected_people_api,
        booking_attendance_marks_api,
        booking_blocks_api,
        booking_bookings_api,
        booking_class_days_api,
        booking_calendar_feeds_api,
        booking_closures_api,
        booking_holiday_plans_api,
        booking_lotteries_api,
        booking_moves_api,
        booking_pauses_api,
        booking_policies_api,
        booking_rebookings_api,
        booking_reservations_api,
        booking_sessions_api,
        booking_single_sessions_api,
        booking_waitlist_api,
        booking_offers_api,
        booking_weekly_classes_api,
    ),
    pages=(
        booking_attendance_marks_pages,
        booking_blocks_pages,
        booking_bookings_pages,
        booking_class_days_pages,
        booking_calendar_feeds_pages,
        booking_closures_pages,
        booking_holiday_plans_pages,
        booking_lotteries_pages,
        booking_moves_pages,
        booking_pauses_pages,
        booking_rebookings_pages,
        booking_reservations_pages,
        booking_sessions_pages,
        booking_single_sessions_pages,
        booking_timetable_pages,
        booking_offers_pages,
        booking_policies_pages,
        booking_weekly_classes_pages,
    ),
    jobs=(
        Job("booking.mark_held", timedelta(minutes=1), sessions_jobs.mark_held),
        Job("booking.expand", timedelta(hours=1), expansions_jobs.expand),
        Job("booking.settle_queues", timedelta(minutes=1), waitlist_jobs.settle_queues),
        Job("booking.draw_lotteries", timedelta(minutes=1), draws_jobs.draw_lotteries),
        Job(bookings_jobs.CANCEL_UNHELD, timedelta(minutes=1), bookings_jobs.cancel_unheld),
        Job("booking.forget_people", timedelta(days=1), bookings_jobs.remove_people),
        Job("booking.settle_marks", timedelta(minutes=10), marks_jobs.settle_marks),
        Job("booking.remind", timedelta(minutes=10), messages_jobs.remind),
    ),
    gauges=(booking_gauges,),
    states=(
        *BLOCKS_STATES,
        *CLASS_DAYS_STATES,
        *MOVES_STATES,
        *REBOOKINGS_STATES,
        *SINGLE_SESSIONS_STATES,
        *TIMETABLE_STATES,
        *HOLIDAYS_STATES,
        *LOTTERIES_STATES,
        *OFFERS_STATES,
        *PAUSES_STATES,
        *POLICIES_STATES,
        *BOOKINGS_STATES,
        *CALENDARS_STATES,
        *MARKS_STATES,
        *COURTS_STATES,
    ),
    on_ended_rights=(bookings_flows.cancel_unheld,),
    shared_access=(
        SharedAccess(
            "calendar",
            lazy_gettext("End the address of my calendar too: it stops showing my bookings."),
            has_feed,
            end_feed,
        ),
    ),
    personal_data=(
        PersonalData("booking", ("member_id",), "bookings", own_bookings, retention=BOOKINGS),
        PersonalData("attendance_mark", ("member_id",), "marks", own_marks, retention=BOOKINGS),
        PersonalData(
            "attendance_mark_event",
            ("actor_id",),
            reason="who excused or decided stays known, as in the audit",
        ),
        PersonalData("booking_ban", ("member_id",), "booking_bans", own_bans, retention=BOOKINGS),
        PersonalData(
            "booking_ban_event",
            ("actor_id",),
            reason="who lifted it stays known, as in the audit",
        ),
        PersonalData(
            "calendar_feed",
            ("member_id",),
            "calendar_feed",
            own_feeds,
            reason="until the person ends it, as by signing out everywhere, or the desk takes a "
            "lost phone away: their calendar fetches with it",
        ),
        PersonalData("queue_entry", ("member_id",), retention=BOOKINGS),
        PersonalData("lottery_entry", ("member_id",), "draws", own_entries, retention=BOOKINGS),
        PersonalData(
            "lottery",
            ("announced_by_id",),
            reason="who announced a draw stays known, as in the audit",
        ),
        PersonalData(
            "lottery_end",
            ("ended_by_id",),
            reason="who called a draw off stays known, as in the audit",
        ),
        PersonalData(
            "class_session",
            ("instructor_id",),
            reason="who led a class is part of the record of the work",
        ),
        PersonalData(
            "reservation",
            ("made_by",),
            reason="who reserved a space for somebody stays known, as in the audit",
        ),
        PersonalData("session_rule", ("instructor_id",), reason="who leads a weekly class"),
        PersonalData(
            "allocation_event",
            ("actor_id",),
            reason="who cancelled a class stays known, as in the audit",
        ),
    ),
    invariants=(
        *bookings_invariants.INVARIANTS,
        *allocations_invariants.INVARIANTS,
        *waitlist_invariants.INVARIANTS,
        *lotteries_invariants.INVARIANTS,
        *moves_invariants.INVARIANTS,
        *marks_invariants.INVARIANTS,
    ),
    navigation=(
        NavItem("classes", "/classes", lazy_gettext("Classes"), "calendar-days", position=20),
        NavItem("courts", "/courts", lazy_gettext("Courts"), "volleyball", position=30),
        NavItem("bookings", "/bookings", lazy_gettext("Bookings"), "ticket-check", position=40),
    ),
    manage=(
        ManageItem(
            "/manage/rules",
            lazy_gettext("Booking rules"),
            "settings",
            position=47,
            permission=Permission.POLICY_READ,
        ),
        ManageItem(
            "/manage/blocks",
            lazy_gettext("Spaces kept free"),
            "ban",
            position=41,
            permission=Permission.PLANNING_READ,
        ),
        ManageItem(
            "/manage/days",
            lazy_gettext("Opening days"),
            "calendar-x",
            position=40,
            permission=Permission.TIMETABLE_WRITE,
        ),
        ManageItem(
            "/manage/holidays",
            lazy_gettext("Public holidays"),
            "star",
            position=45,
            permission=Permission.PLANNING_READ,
            counter=count_unplanned,
        ),
        ManageItem(
            "/manage/appeals",
            lazy_gettext("Appeals"),
            "ticket-x",
            position=46,
            permission=Permission.DESK_USE,
            count=count_open_appeals,
        ),
    ),
)
