"""Refusals of files with passes from another system, and of their rows."""

from typing import Final

from zone.core.errors import declare

TAKEOVER_FILE_KIND: Final = declare(
    "takeover_file_kind",
    422,
    "This is neither a CSV nor an XLSX file that can be read. Save the table as CSV UTF-8, and "
    "choose that file.",
    fields=("content",),
)
TAKEOVER_FILE_SIZE: Final = declare(
    "takeover_file_size",
    422,
    "The file is too large: {bytes} bytes and {rows} rows at most. Split it, and take over one "
    "part after the other.",
    fields=("content",),
)
TAKEOVER_FILE_UNSAFE: Final = declare(
    "takeover_file_unsafe",
    422,
    "The file holds parts that no table needs, or unpacks to far more than its size. Save the "
    "table as CSV UTF-8, and choose that file.",
    fields=("content",),
)
TAKEOVER_ENCODING: Final = declare(
    "takeover_encoding",
    422,
    "Line {line} is not in UTF-8, so letters such as ä and ö would be lost. In Excel, save the "
    "file as CSV UTF-8.",
    fields=("content",),
)
TAKEOVER_COLUMNS: Final = declare(
    "takeover_columns",
    422,
    "The first line must name the columns. Missing: {missing}. Unknown or repeated: {unknown}. "
    "Use the template.",
    fields=("content",),
)
TAKEOVER_EMPTY: Final = declare(
    "takeover_empty",
    422,
    "The file has no rows below its first line. Choose another file.",
    fields=("content",),
)
TAKEOVER_REFUSED: Final = declare(
    "takeover_refused",
    409,
    "Nothing was taken over, because {bad} rows are wrong. Mend them in the file, or choose to "
    "take over the good rows only.",
)

CELL_MISSING: Final = declare("takeover_cell_missing", 422, "{column} is missing.")
CELL_FORMULA: Final = declare(
    "takeover_cell_formula", 422, "{column} holds a formula. Put its value there."
)
CELL_LONG: Final = declare(
    "takeover_cell_long", 422, "{column} is too long. It may have {most} letters."
)
CELL_DIGITS: Final = declare(
    "takeover_cell_digits",
    422,
    "{column} is a number of more digits than a spreadsheet keeps. Format the column as text.",
)
CELL_DAY: Final = declare(
    "takeover_cell_day", 422, "{column} is no day such as 31.8.2026 or 2026-08-31."
)
CELL_COUNT: Final = declare(
    "takeover_cell_count", 422, "{column} is no whole number from 1 to 10000."
)
CELL_SUM: Final = declare("takeover_cell_sum", 422, "{column} is no sum such as 45,00.")
CELL_LANGUAGE: Final = declare("takeover_cell_language", 422, "{column} is not fi, sv or en.")
CELL_EMAIL: Final = declare("takeover_cell_email", 422, "{column} is no e-mail address.")
CELL_CARD: Final = declare(
    "takeover_cell_card", 422, "{column} may hold letters, digits and hyphens only."
)
ROW_WIDTH: Final = declare(
    "takeover_row_width", 422, "The line has more cells than the first line names."
)
ROW_PRODUCT: Final = declare(
    "takeover_row_product", 422, "No product that gives a pass has the code {code}."
)
ROW_DAYS: Final = declare("takeover_row_days", 422, "The last day is before the first day.")
ROW_ACTIVATED: Final = declare(
    "takeover_row_activated",
    422,
    "The activation must lie between the first and the last day, and not in the future.",
)
ROW_VISITS: Final = declare(
    "takeover_row_visits", 422, "This product counts visits. Give how many are left, 1 or more."
)
ROW_NO_VISITS: Final = declare(
    "takeover_row_no_visits", 422, "This product does not count visits. Leave visits_left empty."
)
ROW_REPEATED: Final = declare(
    "takeover_row_repeated", 422, "The external id {id} stands in line {line} already."
)
ROW_CARD_TAKEN: Final = declare(
    "takeover_row_card_taken", 422, "The card number {number} belongs to somebody else."
)
ROW_OWN: Final = declare(
    "takeover_row_own",
    403,
    "This is your own address. A colleague takes your pass over.",
)
ROW_CHANGED: Final = declare(
    "takeover_row_changed",
    409,
    "The pass {id} was taken over before with other values, and stays as it is. Change it on the "
    "page of its holder.",
)
TAKEOVER_BUSY: Final = declare(
    "takeover_busy",
    409,
    "Somebody else is taking over the same passes. Wait a minute, and choose the file again.",
    constraints=("uq_taken_over_pass_external_id", "uq_taken_over_card_number"),
)
