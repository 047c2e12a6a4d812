"""Templates of the routes of Starlette, FastAPI and Litestar: what `endpoint` holds instead of the path."""

import re
import time
from collections.abc import Callable, Iterable, Iterator, MutableMapping
from typing import Any, NamedTuple

Scope = MutableMapping[str, Any]
Prepare = Callable[[str, str], None]

_PARAMETER = re.compile(r"\{[^{}]*\}")
_DEEPEST_MOUNT = 8
_SECONDS_BETWEEN_SEARCHES = 1.0


class Route(NamedTuple):
    """A route of an application."""

    template: str
    methods: tuple[str, ...]
    keys: tuple[object, ...]
    """Objects by which a request's scope names the route."""

    def matches(self, path: str) -> bool:
        """Whether a path can belong to the template."""
        parts = (re.escape(part) for part in _PARAMETER.split(self.template))
        return re.fullmatch(".+".join(parts), path) is not None


def walk(routes: Iterable[Any], prefix: str = "", depth: int = 0) -> Iterator[Route]:
    """All routes, those of mounted and included applications with the whole template; unknown kinds are left out."""
    for route in routes:
        included = getattr(route, "effective_route_contexts", None)
        if included is not None:  # FastAPI combines prefixes only when a request comes
            for context in included():
                target = context.starlette_route or context
                yield from _one(target, prefix, depth, (context.original_route,))
        else:
            yield from _one(route, prefix, depth, ())


def _one(route: Any, prefix: str, depth: int, keys: tuple[object, ...]) -> Iterator[Route]:
    template = prefix + _template(route)
    children = getattr(route, "routes", None)
    if hasattr(route, "path_format") or hasattr(route, "path"):
        named = getattr(route, "endpoint", None) or getattr(route, "app", None)
        methods = tuple(getattr(route, "methods", None) or ("GET",))
        yield Route(template or "/", methods, (*keys, route, *((named,) if named is not None else ())))
    if children and depth < _DEEPEST_MOUNT:
        yield from walk(children, template, depth + 1)


def _template(route: Any) -> str:
    # A mount's path_format ends with a parameter for the rest of the path.
    found = getattr(route, "path", None) if hasattr(route, "routes") else getattr(route, "path_format", None)
    return str(found or getattr(route, "path", None) or "")


class RouteTable:
    """Finds the template of a request's route once the application has chosen it."""

    def __init__(self, prepare: Prepare) -> None:
        self._prepare = prepare
        self._router: Any = None
        self._routes: dict[int, list[Route]] = {}
        self._settled_until = 0.0

    def learn(self, router: Any) -> None:
        """Read the routes of an application or router, and prepare the series of each; never raises."""
        self._router = router
        self._routes = {}
        try:
            for route in walk(router.routes):
                for key in route.keys:
                    # The list keeps the object alive, so that its id stays its own.
                    self._routes.setdefault(id(key), []).append(route)
                for method in sorted({*route.methods} - {"HEAD"}):
                    self._prepare(method, route.template)
        except Exception:  # noqa: BLE001 - routes of an unknown kind: requests count as unmatched
            self._routes = {}

    def template(self, scope: Scope) -> str | None:
        """The template; nothing when no route matched."""
        given = scope.get("path_template")
        if given:
            return str(given)
        router = scope.get("router")
        if router is None:
            return None
        if router is not self._router:
            self.learn(router)
        chosen = self._chosen(scope)
        if chosen is None and self._may_be_new(scope):
            self.learn(router)  # a route that was added later
            chosen = self._chosen(scope)
        if not chosen:
            return None
        if len(chosen) > 1:
            path = _path(scope)
            return next((route.template for route in chosen if route.matches(path)), chosen[0].template)
        return chosen[0].template

    def _chosen(self, scope: Scope) -> list[Route] | None:
        for name in ("route", "endpoint"):
            found = self._routes.get(id(scope[name])) if scope.get(name) is not None else None
            if found:
                return found
        return None

    def _may_be_new(self, scope: Scope) -> bool:
        if scope.get("endpoint") is None or time.monotonic() < self._settled_until:
            return False
        # What cannot be found must not cost a search with each request.
        self._settled_until = time.monotonic() + _SECONDS_BETWEEN_SEARCHES
        return True


def _path(scope: Scope) -> str:
    """The path below the root under which a server or proxy offers the application."""
    path, root = str(scope.get("path", "")), str(scope.get("app_root_path", scope.get("root_path", "")))
    return path[len(root) :] if root and path.startswith(root) else path
