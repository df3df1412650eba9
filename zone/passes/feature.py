"""The feature of passes: catalogue, orders, payments, receipts, passes."""

from datetime import timedelta
from typing import Final

from flask_babel import lazy_gettext

from zone.core.identity import Permission
from zone.core.jobs.rules import Job
from zone.passes.baskets.jobs import EMPTY_BASKETS, empty_baskets
from zone.passes.bulk_extensions import jobs as bulk_extensions_jobs
from zone.passes.entitlements.jobs import renew_hours
from zone.passes.expiries import jobs as expiries_jobs
from zone.passes.passes import jobs as passes_jobs
from zone.passes.payments import jobs as payments_jobs
from zone.passes.payments.rules import MAKE_REFUNDS
from zone.passes.provider_refunds import jobs as provider_refunds_jobs
from zone.passes.quotas import jobs as quotas_jobs
from zone.passes.reconciliation import jobs as reconciliation_jobs
from zone.passes.refund_requests import jobs as refund_requests_jobs
from zone.passes.refund_requests.queries import count_waiting
from zone.passes.retention import jobs as retention_jobs
from zone.passes.visits.jobs import FORGET_VISITS, forget_visits
from zone.passes.visits.queries import count_unpaid_lately
from zone.web.feature import Feature, ManageItem
from zone.web.leaves import leaves_of

FEATURE: Final = Feature(
    name="passes",
    leaves=leaves_of("passes"),
    jobs=(
        Job("passes.extend", timedelta(minutes=1), bulk_extensions_jobs.extend_passes),
        Job("passes.warn", timedelta(hours=1), passes_jobs.mail_pass_warnings),
        Job("passes.find_new_payments", timedelta(minutes=1), payments_jobs.find_new_payments),
        Job("passes.free_places", timedelta(minutes=1), quotas_jobs.free_places),
        Job("passes.expire_orders", timedelta(minutes=1), expiries_jobs.expire_orders),
        Job(EMPTY_BASKETS, timedelta(hours=1), empty_baskets),
        Job(FORGET_VISITS, timedelta(days=1), forget_visits),
        Job("passes.find_payments", timedelta(minutes=10), payments_jobs.find_payments),
        Job(
            "passes.compare_payments",
            timedelta(minutes=30),
            reconciliation_jobs.compare_payments,
        ),
        Job("passes.compare_refunds", timedelta(hours=1), provider_refunds_jobs.compare_refunds),
        Job("passes.return_payments", timedelta(minutes=1), reconciliation_jobs.make_returns),
        Job(
            "passes.expire_refund_requests",
            timedelta(hours=1),
            refund_requests_jobs.expire_requests,
        ),
        Job("passes.renew_hours", timedelta(days=1), renew_hours),
        Job("passes.delete_old_books", timedelta(days=1), retention_jobs.delete_old_books),
        Job(MAKE_REFUNDS, timedelta(minutes=1), payments_jobs.make_refunds),
    ),
    manage=(
        ManageItem(
            "/manage/products",
            lazy_gettext("Products and prices"),
            "ticket",
            position=50,
            permission=Permission.CATALOGUE_READ,
            also=(
                "/manage/pass-rules",
                "/manage/pass-extensions",
                "/manage/sale-terms",
                "/manage/vat-rates",
            ),
        ),
        ManageItem(
            "/manage/payments",
            lazy_gettext("Payment providers"),
            "credit-card",
            position=112,
            permission=Permission.SERVICE_WRITE,
        ),
        ManageItem(
            "/manage/receipts",
            lazy_gettext("Receipts"),
            "receipt",
            position=55,
            permission=Permission.ORDERS_READ_ALL,
        ),
        ManageItem(
            "/manage/invoices",
            lazy_gettext("Invoices"),
            "receipt",
            position=56,
            permission=Permission.INVOICES_WRITE,
            also=("/manage/payers",),
        ),
        ManageItem(
            "/manage/books",
            lazy_gettext("Books"),
            "receipt",
            position=57,
            permission=Permission.FIGURES_READ,
        ),
        ManageItem(
            "/desk/tills",
            lazy_gettext("Tills"),
            "receipt",
            position=56,
            permission=Permission.DESK_USE,
        ),
        ManageItem(
            "/desk/refunds",
            lazy_gettext("Refunds to confirm"),
            "undo-2",
            position=58,
            permission=Permission.ORDERS_REFUND,
            count=count_waiting,
        ),
        ManageItem(
            "/manage/prices",
            lazy_gettext("Price list"),
            "receipt",
            position=51,
            permission=Permission.CATALOGUE_READ,
            also=("/manage/customer-groups",),
        ),
        ManageItem(
            "/manage/quotas",
            lazy_gettext("Quotas"),
            "ticket-check",
            position=52,
            permission=Permission.CATALOGUE_READ,
        ),
        ManageItem(
            "/manage/takeover",
            lazy_gettext("Take over passes"),
            "log-in",
            position=113,
            permission=Permission.CATALOGUE_WRITE,
        ),
        ManageItem(
            "/manage/vouchers",
            lazy_gettext("Discount codes"),
            "ticket",
            position=54,
            permission=Permission.CATALOGUE_WRITE,
        ),
        ManageItem(
            "/manage/unpaid-visits",
            lazy_gettext("Visits without a pass"),
            "ticket-x",
            position=53,
            permission=Permission.DESK_USE,
            count=count_unpaid_lately,
        ),
    ),
)
