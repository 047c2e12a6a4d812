"""The plan for people, on at most 100 columns, with or without colours."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from shutil import get_terminal_size
from textwrap import fill

from rich.console import Console
from rich.text import Text
from rich.tree import Tree

from preview.checks import Result, Status
from preview.needs import Needs
from preview.parts import Release, Resource
from preview.plan import Plan
from preview.rendered import Rendering
from preview.report import Report
from preview.totals import Totals

WIDTH = 100
_FEW = 2
_SIGNS = {
    "holds": ("✓", "+", "green"),
    "warns": ("!", "!", "yellow"),
    "fails": ("✗", "x", "red"),
    "not run": ("-", "-", "yellow"),
}
_OTHERS: dict[Status, str] = {"warns": "warn", "not run": "not run"}
_NEEDS = {
    "dns_names": "DNS names",
    "ingress_classes": "IngressClass",
    "gateways": "Gateway",
    "cluster_issuers": "ClusterIssuer",
    "tls_secrets": "TLS Secret",
    "storage_classes": "StorageClass",
}


def show(report: Report) -> None:
    """Print the report."""
    width = min(WIDTH, get_terminal_size((WIDTH, 0)).columns)
    console = Console(highlight=False, emoji=False, markup=False, width=width)
    console.print(_tree(report.plan))
    _heading(console, "Needs")
    _show_needs(console, report.needs)
    _heading(console, "Totals")
    for line in (*_total_lines(report.totals), *_rendering_lines(report.rendering)):
        _entry(console, line)
    told = [(level, line) for level, line in report.plan.log if "run: pulumi config set --secret" not in line]
    if told:
        _heading(console, "The program says")
        for level, line in told:
            _entry(console, f"{level}: {line}")
    _heading(console, "Checks")
    _show_checks(console, report.results)
    counts = Counter(result.status for result in report.results)
    verdict = f"{counts['holds']} of {len(report.results)} checks hold"
    verdict += "".join(f", {counts[status]} {word}" for status, word in _OTHERS.items() if counts[status])
    console.print()
    console.print(Text(verdict, style="red" if report.failed else "green"), f"- files in {report.where}")


def _heading(console: Console, text: str) -> None:
    console.print()
    console.print(Text(text, style="bold"))


def _entry(console: Console, text: str, indent: int = 2, style: str = "") -> None:
    """Print a text with all its lines indented, those after the first a little more."""
    begin = " " * indent
    filled = fill(text, console.width, initial_indent=begin, subsequent_indent=f"{begin}  ", break_on_hyphens=False)
    console.print(Text(filled, style=style))


def _tree(plan: Plan) -> Tree:
    """Components with what is below them; objects of one kind share a line."""
    objects = {id(item.resource): item for item in plan.objects}
    releases = {id(release.resource): release for release in plan.releases}
    tree = Tree(Text(f"Stack {plan.stack} of {plan.project}", style="bold"))

    def grow(branch: Tree, parent: str) -> None:
        children = list(plan.children(parent))
        for child in children:
            if release := releases.get(id(child)):
                branch.add(_release_line(release))
        made = [objects[id(child)] for child in children if id(child) in objects]
        for line in _kind_lines((item.kind, item.name) for item in made):
            branch.add(line)
        others = [child for child in children if id(child) not in releases and id(child) not in objects]
        for line in _kind_lines((_kind(child), child.name) for child in others if not child.component):
            branch.add(line)
        for child in others:
            if child.component:
                grow(branch.add(Text.assemble((child.name, "bold cyan"), f" {child.kind}")), child.key)

    grow(tree, "")
    return tree


def _release_line(release: Release) -> Text:
    chart = f"{release.chart} {release.version}"
    return Text.assemble(("release ", "dim"), (release.name, "bold"), f" ({chart}) in {release.namespace}")


def _kind(resource: Resource) -> str:
    return "Provider" if resource.type.startswith("pulumi:providers:") else resource.kind


def _kind_lines(named: Iterable[tuple[str, str]]) -> list[Text]:
    """A line per kind, with all names."""
    kinds: dict[str, list[str]] = {}
    for kind, name in named:
        kinds.setdefault(kind, []).append(name)
    return [Text.assemble((f"{kind} ", "dim"), ", ".join(sorted(names))) for kind, names in sorted(kinds.items())]


def _show_needs(console: Console, needs: Needs) -> None:
    if needs.secrets:
        _entry(console, "secrets to set")
        for purpose, command in needs.secrets:
            _entry(console, f"{purpose}: {command}", 4, "yellow")
    for attribute, title in _NEEDS.items():
        names: tuple[str, ...] = getattr(needs, attribute)
        if names:
            _entry(console, f"{title}: {', '.join(names)}")
    if not any(asdict(needs).values()):
        _entry(console, "nothing but the cluster")


def _total_lines(totals: Totals) -> list[str]:
    sizes = f"{totals.cpu:.2f} CPU, {_size(totals.memory)} memory, {_size(totals.storage)} storage"
    lines = [
        f"{totals.releases} Helm releases, {totals.objects} objects of our own ({totals.custom_objects} custom)",
        f"requests {sizes} (what runs on every node counts once)",
    ]
    return lines + ([f"no quantities: {', '.join(sorted(set(totals.unread)))}"] if totals.unread else [])


def _rendering_lines(rendering: Rendering) -> list[str]:
    """How much the charts render to, and what was left out."""
    rendered = {item.release.name for item in rendering.objects}
    lines = (
        [f"{len(rendering.objects)} objects rendered from the charts of {len(rendered)} releases"] if rendered else []
    )
    return lines + ([f"manifests: {rendering.note}"] if rendering.note else [])


def _size(amount: float) -> str:
    return f"{amount / 2**30:.1f} GiB"


def _show_checks(console: Console, results: Sequence[Result]) -> None:
    unicode = console.encoding.lower().startswith("utf")
    for result in _gathered(results):
        sign, plain_sign, colour = _SIGNS[result.status]
        why = f" (not run: {result.reasons[0]})" if result.status == "not run" else ""
        _entry(console, f"{sign if unicode else plain_sign} {result.title}{why}", style=colour)
        for reason in result.reasons if result.status in ("fails", "warns") else ():
            _entry(console, reason, 6, colour)


def _gathered(results: Sequence[Result]) -> list[Result]:
    """The results, those that were not made for one and the same reason as one if they are more than two."""
    reasons = Counter(result.reasons for result in results if result.status == "not run")
    gathered: dict[object, Result] = {}
    for result in results:
        many = result.status == "not run" and reasons[result.reasons] > _FEW
        title = f"{reasons[result.reasons]} checks of rendered charts"
        gathered.setdefault(result.reasons if many else result.name, replace(result, title=title) if many else result)
    return list(gathered.values())
