"""What the ERP does for its users: activity, revenue, transactions and business errors."""

from . import erp
from .grafana import Dashboard, Row
from .links import Links
from .panels import Panel, override, panel

MONEY = f'{erp.APP},currency=~"$currency"'
CURRENCIES = ("EUR", "USD", "GBP", "CHF", "PLN", "CZK")
# Amounts of different currencies are never added: each series has its own unit.
SYMBOLS = [override(f"(.* )?{code}", {"unit": f"currency{code}"}) for code in CURRENCIES]
ACTIVE_USERS = 'max by (namespace) (active_users_total{namespace=~"$namespace"}'


def dashboard(links: Links) -> Dashboard:
    """Business."""
    hourly, total, products, refunds = _revenue()
    return erp.dashboard(
        __name__,
        "Business",
        {
            "Users": [Row(_users(), widths=(6, 18))],
            "Revenue (operational figures, not accounting)": [
                Row([hourly, total, refunds], widths=(12, 6, 6)),
                Row([products]),
            ],
            "Transactions": [Row(_transactions()), Row([_errors(links)])],
        },
        tags=["business"],
        variables=[erp.NAMESPACES, erp.CURRENCIES],
        since="now-7d",
    )


def _users() -> list[Panel]:
    now, last_week = f"sum({ACTIVE_USERS}))", f"sum({ACTIVE_USERS} offset 1w))"
    return [
        panel(
            "stat",
            "Active Users",
            "Users that were seen in the last five minutes; the line behind shows the time range.",
            "short",
            (now, "users"),
            sparkline=True,
        ),
        panel(
            "timeseries",
            "Active users vs last week",
            "Active users now and, dashed, a week before: a gap at an hour that is normally busy is a sign of trouble.",
            "short",
            (now, "now"),
            (last_week, "last week"),
            overrides=[override("last week", {"custom.lineStyle": {"fill": "dash", "dash": [10, 10]}})],
        ),
    ]


def _revenue() -> list[Panel]:
    def revenue(by: str, window: str, flow: str = "revenue") -> str:
        return erp.increase(f"business_{flow}_total", MONEY, by, window)

    return [
        panel(
            "timeseries",
            "Revenue",
            "Revenue of the hour before each bar, by currency: an operational figure, not accounting.",
            "short",
            (f"{revenue('currency', '1h')} / 100", "{{currency}}"),
            overrides=SYMBOLS,
            interval="1h",
            bars=True,
        ),
        panel(
            "stat",
            "Revenue in range",
            "Revenue of the whole time range, by currency: an operational figure, not accounting.",
            "short",
            (f"{revenue('currency', '$__range')} / 100", "{{currency}}"),
            overrides=SYMBOLS,
        ),
        panel(
            "piechart",
            "Revenue by product",
            "Shares of the ten products with the highest revenue in the time range: one chart for each currency.",
            "short",
            (f"topk(10, {revenue('product, currency', '$__range')}) / 100", "{{product}} {{currency}}"),
            overrides=SYMBOLS,
            repeat="currency",
        ),
        panel(
            "stat",
            "Refunds in range",
            "Money given back in the time range, by currency: it is not taken off the revenue.",
            "short",
            (f"{revenue('currency', '$__range', 'refunds')} / 100", "{{currency}}"),
            overrides=SYMBOLS,
        ),
    ]


def _transactions() -> list[Panel]:
    return [
        panel(
            "timeseries",
            "Transactions",
            "Transactions per minute, by type and result, on top of each other: rejected ones failed validation only.",
            "opm",
            (f"60 * {erp.rate('business_transactions_total', erp.APP, 'type, status')}", "{{type}} {{status}}"),
            stacked=True,
        ),
        panel(
            "timeseries",
            "Transaction failure ratio",
            "Share of each type's transactions that failed, over 15 minutes: above 5 % look at the errors below.",
            "percentunit",
            ('namespace_type:business_transactions:failed_ratio_rate15m{namespace=~"$namespace"}', "{{type}}"),
            thresholds=erp.above(0.05, 0.25),
        ),
    ]


def _errors(links: Links) -> Panel:
    count = erp.increase("business_errors_total", erp.APP, "type, code")
    return panel(
        "table",
        "Business Errors",
        "Business errors in the time range, most frequent first: read the logs of a code that is new or jumps up.",
        "short",
        (f"sort_desc({count} > 0)", ""),
        overrides=[erp.values("errors", "auto")],
        links=links.logs("Logs of this code in Kibana", 'context.code:"${__data.fields.code}"'),
    )
