"""The feature of passes: catalogue, orders, payments, receipts, passes."""

from datetime import timedelta
from typing import Final

from flask_babel import lazy_gettext

from zone.core.identity import Permission
from zone.core.jobs.rules import Job
from zone.passes.baskets import personal_data as baskets_data
from zone.passes.baskets.api import api as passes_baskets_api
from zone.passes.baskets.jobs import EMPTY_BASKETS, empty_baskets
from zone.passes.baskets.pages import pages as passes_baskets_pages
from zone.passes.baskets.states import STATES as BASKET_STATES
from zone.passes.books import invariants as books_invariants
from zone.passes.books import personal_data as books_data
from zone.passes.books.api import api as passes_books_api
from zone.passes.books.pages import pages as passes_books_pages
from zone.passes.books.states import STATES as BOOK_STATES
from zone.passes.bulk_extensions import invariants as bulk_extensions_invariants
from zone.passes.bulk_extensions import jobs as bulk_extensions_jobs
from zone.passes.bulk_extensions import personal_data as bulk_extensions_data
from zone.passes.bulk_extensions.api import api as passes_bulk_extensions_api
from zone.passes.bulk_extensions.pages import pages as passes_bulk_extensions_pages
from zone.passes.bulk_extensions.states import STATES as BULK_EXTENSION_STATES
from zone.passes.bundles import invariants as bundles_invariants
from zone.passes.bundles.api import api as passes_bundles_api
from zone.passes.bundles.pages import pages as passes_bundles_pages
from zone.passes.bundles.states import STATES as BUNDLE_STATES
from zone.passes.catalogue.api import api as passes_catalogue_api
from zone.passes.catalogue.pages import pages as passes_catalogue_pages
from zone.passes.catalogue.states import STATES as CATALOGUE_STATES
from zone.passes.customer_groups import invariants as customer_groups_invariants
from zone.passes.customer_groups.api import api as passes_customer_groups_api
from zone.passes.customer_groups.pages import pages as passes_customer_groups_pages
from zone.passes.customer_groups.states import STATES as CUSTOMER_GROUP_STATES
from zone.passes.entitlements import invariants as entitlements_invariants
from zone.passes.entitlements.api import api as passes_entitlements_api
from zone.passes.entitlements.jobs import renew_hours
from zone.passes.entitlements.pages import pages as passes_entitlements_pages
from zone.passes.entitlements.states import STATES as ENTITLEMENT_STATES
from zone.passes.expiries import invariants as expiries_invariants
from zone.passes.expiries import jobs as expiries_jobs
from zone.passes.expiries import mails as expiries_mails
from zone.passes.given_passes import mails as given_passes_mails
from zone.passes.invoice_payments import invariants as invoice_payments_invariants
from zone.passes.invoice_payments import personal_data as invoice_payments_data
from zone.passes.invoice_payments.api import api as passes_invoice_payments_api
from zone.passes.invoice_payments.pages import pages as passes_invoice_payments_pages
from zone.passes.invoice_payments.states import STATES as BANK_ROW_STATES
from zone.passes.invoices import invariants as invoices_invariants
from zone.passes.invoices import mails as invoices_mails
from zone.passes.invoices import personal_data as invoices_data
from zone.passes.invoices.api import api as passes_invoices_api
from zone.passes.invoices.pages import pages as passes_invoices_pages
from zone.passes.invoices.states import STATES as INVOICE_STATES
from zone.passes.orders import invariants as orders_invariants
from zone.passes.orders import personal_data as orders_data
from zone.passes.orders.api import api as passes_orders_api
from zone.passes.orders.pages import pages as passes_orders_pages
from zone.passes.orders.states import STATES as ORDER_STATES
from zone.passes.pass_rules import personal_data as pass_rules_data
from zone.passes.pass_rules.api import api as passes_pass_rules_api
from zone.passes.pass_rules.pages import pages as passes_pass_rules_pages
from zone.passes.pass_rules.states import STATES as PASS_RULE_STATES
from zone.passes.passes import invariants as passes_invariants
from zone.passes.passes import jobs as passes_jobs
from zone.passes.passes import mails as passes_mails
from zone.passes.passes import personal_data as passes_data
from zone.passes.passes.api import api as passes_passes_api
from zone.passes.passes.pages import pages as passes_passes_pages
from zone.passes.pauses import mails as pauses_mails
from zone.passes.payers import personal_data as payers_data
from zone.passes.payers.api import api as passes_payers_api
from zone.passes.payers.pages import pages as passes_payers_pages
from zone.passes.payers.states import STATES as PAYER_STATES
from zone.passes.payment_setup import personal_data as payment_setup_data
from zone.passes.payment_setup.api import api as passes_payment_setup_api
from zone.passes.payment_setup.pages import pages as passes_payment_setup_pages
from zone.passes.payment_setup.states import STATES as PROVIDER_STATES
from zone.passes.payments import invariants as payments_invariants
from zone.passes.payments import jobs as payments_jobs
from zone.passes.payments import mails as payments_mails
from zone.passes.payments import personal_data as payments_data
from zone.passes.payments.pages import pages as passes_payments_pages
from zone.passes.payments.providers.pages import pages as passes_payments_dev_pay_pages
from zone.passes.payments.rules import MAKE_REFUNDS
from zone.passes.price_list.api import api as passes_price_list_api
from zone.passes.price_list.pages import pages as passes_price_list_pages
from zone.passes.price_list.states import STATES as PRICE_LIST_STATES
from zone.passes.quotas import invariants as quotas_invariants
from zone.passes.quotas import jobs as quotas_jobs
from zone.passes.quotas.api import api as passes_quotas_api
from zone.passes.quotas.pages import pages as passes_quotas_pages
from zone.passes.quotas.states import STATES as QUOTA_STATES
from zone.passes.receipt_search.api import api as passes_receipt_search_api
from zone.passes.receipt_search.pages import pages as passes_receipt_search_pages
from zone.passes.receipt_search.states import STATES as SEARCH_STATES
from zone.passes.receipts import invariants as receipts_invariants
from zone.passes.receipts import mails as receipts_mails
from zone.passes.receipts import personal_data as receipts_data
from zone.passes.receipts.api import api as passes_receipts_api
from zone.passes.receipts.pages import pages as passes_receipts_pages
from zone.passes.receipts.states import STATES as RECEIPT_STATES
from zone.passes.reconciliation import invariants as reconciliation_invariants
from zone.passes.reconciliation import jobs as reconciliation_jobs
from zone.passes.reconciliation import mails as reconciliation_mails
from zone.passes.reconciliation import personal_data as reconciliation_data
from zone.passes.reconciliation.api import api as passes_reconciliation_api
from zone.passes.refund_requests import invariants as refund_requests_invariants
from zone.passes.refund_requests import jobs as refund_requests_jobs
from zone.passes.refund_requests import mails as refund_requests_mails
from zone.passes.refund_requests import personal_data as refund_requests_data
from zone.passes.refund_requests.api import api as passes_refund_requests_api
from zone.passes.refund_requests.pages import pages as passes_refund_requests_pages
from zone.passes.refund_requests.queries import count_waiting
from zone.passes.refund_requests.states import STATES as REFUND_REQUEST_STATES
from zone.passes.retention import invariants as retention_invariants
from zone.passes.retention import jobs as retention_jobs
from zone.passes.retention import personal_data as retention_data
from zone.passes.retention.api import api as passes_retention_api
from zone.passes.retention.pages import pages as passes_retention_pages
from zone.passes.retention.states import STATES as RETENTION_STATES
from zone.passes.sale_terms.api import api as passes_sale_terms_api
from zone.passes.sale_terms.pages import pages as passes_sale_terms_pages
from zone.passes.sale_terms.states import STATES as SALE_TERMS_STATES
from zone.passes.sale_windows.api import api as passes_sale_windows_api
from zone.passes.sale_windows.pages import pages as passes_sale_windows_pages
from zone.passes.sale_windows.states import STATES as SALE_WINDOW_STATES
from zone.passes.settlements import personal_data as settlements_data
from zone.passes.settlements.api import api as passes_settlements_api
from zone.passes.settlements.pages import pages as passes_settlements_pages
from zone.passes.settlements.states import STATES as SETTLEMENT_STATES
from zone.passes.shop.pages import pages as passes_shop_pages
from zone.passes.shop.states import STATES as SHOP_STATES
from zone.passes.takeover import invariants as takeover_invariants
from zone.passes.takeover import mails as takeover_mails
from zone.passes.takeover import personal_data as takeover_data
from zone.passes.takeover.api import api as passes_takeover_api
from zone.passes.takeover.pages import pages as passes_takeover_pages
from zone.passes.takeover.states import STATES as TAKEOVER_STATES
from zone.passes.tills import invariants as tills_invariants
from zone.passes.tills import personal_data as tills_data
from zone.passes.tills.api import api as passes_tills_api
from zone.passes.tills.pages import pages as passes_tills_pages
from zone.passes.tills.states import STATES as TILL_STATES
from zone.passes.visits import invariants as visits_invariants
from zone.passes.visits import personal_data as visits_data
from zone.passes.visits.pages import pages as passes_visits_pages
from zone.passes.visits.queries import count_unpaid_lately
from zone.passes.visits.states import STATES as VISIT_STATES
from zone.passes.vouchers import invariants as vouchers_invariants
from zone.passes.vouchers import personal_data as vouchers_data
from zone.passes.vouchers.api import api as passes_vouchers_api
from zone.passes.vouchers.pages import pages as passes_vouchers_pages
from zone.passes.vouchers.states import STATES as VOUCHER_STATES
from zone.web.feature import Feature, ManageItem

FEATURE: Final = Feature(
    name="passes",
    mails=(
        *receipts_mails.MAILS,
        *passes_mails.MAILS,
        *pauses_mails.MAILS,
        *payments_mails.MAILS,
        *reconciliation_mails.MAILS,
        *refund_requests_mails.MAILS,
        *invoices_mails.MAILS,
        *takeover_mails.MAILS,
        *expiries_mails.MAILS,
        *given_passes_mails.MAILS,
    ),
    apis=(
        passes_bulk_extensions_api,
        passes_bundles_api,
        passes_entitlements_api,
        passes_catalogue_api,
        passes_customer_groups_api,
        passes_invoices_api,
        passes_invoice_payments_api,
        passes_payers_api,
        passes_orders_api,
        passes_pass_rules_api,
        passes_price_list_api,
        passes_quotas_api,
        passes_baskets_api,
        passes_sale_terms_api,
        passes_sale_windows_api,
        passes_passes_api,
        passes_receipts_api,
        passes_receipt_search_api,
        passes_payment_setup_api,
        passes_reconciliation_api,
        passes_refund_requests_api,
        passes_takeover_api,
        passes_tills_api,
        passes_books_api,
        passes_retention_api,
        passes_settlements_api,
        passes_vouchers_api,
    ),
    pages=(
        passes_bulk_extensions_pages,
        passes_baskets_pages,
        passes_bundles_pages,
        passes_entitlements_pages,
        passes_catalogue_pages,
        passes_customer_groups_pages,
        passes_invoices_pages,
        passes_invoice_payments_pages,
        passes_payers_pages,
        passes_orders_pages,
        passes_pass_rules_pages,
        passes_price_list_pages,
        passes_quotas_pages,
        passes_sale_terms_pages,
        passes_sale_windows_pages,
        passes_passes_pages,
        passes_payment_setup_pages,
        passes_payments_pages,
        passes_payments_dev_pay_pages,
        passes_receipts_pages,
        passes_receipt_search_pages,
        passes_refund_requests_pages,
        passes_shop_pages,
        passes_takeover_pages,
        passes_tills_pages,
        passes_books_pages,
        passes_retention_pages,
        passes_settlements_pages,
        passes_vouchers_pages,
        passes_visits_pages,
    ),
    states=(
        *BULK_EXTENSION_STATES,
        *BASKET_STATES,
        *PRICE_LIST_STATES,
        *QUOTA_STATES,
        *SALE_WINDOW_STATES,
        *VISIT_STATES,
        *SHOP_STATES,
        *ORDER_STATES,
        *RECEIPT_STATES,
        *SEARCH_STATES,
        *BUNDLE_STATES,
        *ENTITLEMENT_STATES,
        *REFUND_REQUEST_STATES,
        *PROVIDER_STATES,
        *CATALOGUE_STATES,
        *CUSTOMER_GROUP_STATES,
        *PASS_RULE_STATES,
        *PAYER_STATES,
        *INVOICE_STATES,
        *BANK_ROW_STATES,
        *TAKEOVER_STATES,
        *TILL_STATES,
        *BOOK_STATES,
        *RETENTION_STATES,
        *SETTLEMENT_STATES,
        *VOUCHER_STATES,
        *SALE_TERMS_STATES,
    ),
    jobs=(
        Job("passes.extend", timedelta(minutes=1), bulk_extensions_jobs.extend_passes),
        Job("passes.warn", timedelta(hours=1), passes_jobs.mail_pass_warnings),
        Job("passes.find_new_payments", timedelta(minutes=1), payments_jobs.find_new_payments),
        Job("passes.free_places", timedelta(minutes=1), quotas_jobs.free_places),
        Job("passes.expire_orders", timedelta(minutes=1), expiries_jobs.expire_orders),
        Job(EMPTY_BASKETS, timedelta(hours=1), empty_baskets),
        Job("passes.find_payments", timedelta(minutes=10), payments_jobs.find_payments),
        Job(
            "passes.compare_payments",
            timedelta(minutes=30),
            reconciliation_jobs.compare_payments,
        ),
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
    personal_data=(
        *baskets_data.PERSONAL_DATA,
        *books_data.PERSONAL_DATA,
        *bulk_extensions_data.PERSONAL_DATA,
        *invoice_payments_data.PERSONAL_DATA,
        *invoices_data.PERSONAL_DATA,
        *orders_data.PERSONAL_DATA,
        *pass_rules_data.PERSONAL_DATA,
        *passes_data.PERSONAL_DATA,
        *payers_data.PERSONAL_DATA,
        *payment_setup_data.PERSONAL_DATA,
        *payments_data.PERSONAL_DATA,
        *receipts_data.PERSONAL_DATA,
        *reconciliation_data.PERSONAL_DATA,
        *refund_requests_data.PERSONAL_DATA,
        *retention_data.PERSONAL_DATA,
        *settlements_data.PERSONAL_DATA,
        *takeover_data.PERSONAL_DATA,
        *tills_data.PERSONAL_DATA,
        *visits_data.PERSONAL_DATA,
        *vouchers_data.PERSONAL_DATA,
    ),
    invariants=(
        *bulk_extensions_invariants.INVARIANTS,
        *bundles_invariants.INVARIANTS,
        *customer_groups_invariants.INVARIANTS,
        *entitlements_invariants.INVARIANTS,
        *orders_invariants.INVARIANTS,
        *receipts_invariants.INVARIANTS,
        *retention_invariants.INVARIANTS,
        *invoices_invariants.INVARIANTS,
        *invoice_payments_invariants.INVARIANTS,
        *payments_invariants.INVARIANTS,
        *reconciliation_invariants.INVARIANTS,
        *refund_requests_invariants.INVARIANTS,
        *passes_invariants.INVARIANTS,
        *quotas_invariants.INVARIANTS,
        *tills_invariants.INVARIANTS,
        *books_invariants.INVARIANTS,
        *vouchers_invariants.INVARIANTS,
        *expiries_invariants.INVARIANTS,
        *visits_invariants.INVARIANTS,
        *takeover_invariants.INVARIANTS,
    ),
    manage=(
        ManageItem(
            "/manage/products",
            lazy_gettext("Products and prices"),
            "ticket",
            position=50,
            permission=Permission.CATALOGUE_READ,
            also=("/manage/pass-rules", "/manage/pass-extensions", "/manage/sale-terms"),
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
