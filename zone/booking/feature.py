"""What booking offers to the application."""

from datetime import timedelta
from typing import Final

from flask_babel import lazy_gettext

from zone.booking.attendance_marks import jobs as marks_jobs
from zone.booking.attendance_marks.queries import count_open_appeals
from zone.booking.bookings import flows as bookings_flows
from zone.booking.bookings import jobs as bookings_jobs
from zone.booking.bookings.metrics import booking_gauges
from zone.booking.calendar_feeds.queries import has_feed
from zone.booking.calendar_feeds.service import end_feed
from zone.booking.draws import jobs as draws_jobs
from zone.booking.expansions import jobs as expansions_jobs
from zone.booking.messages import jobs as messages_jobs
from zone.booking.sessions import jobs as sessions_jobs
from zone.booking.waitlist import jobs as waitlist_jobs
from zone.core.identity import Permission
from zone.core.jobs.rules import Job
from zone.places.holidays.queries import count_unplanned
from zone.web.context import SharedAccess
from zone.web.feature import Feature, ManageItem, NavItem
from zone.web.leaves import leaves_of

FEATURE: Final = Feature(
    name="booking",
    leaves=leaves_of("booking"),
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
    on_ended_rights=(bookings_flows.cancel_unheld,),
    shared_access=(
        SharedAccess(
            "calendar",
            lazy_gettext("End the address of my calendar too: it stops showing my bookings."),
            has_feed,
            end_feed,
        ),
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
            also=("/manage/hours",),
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
