"""The comment: what stands first, what it may hold, and that nothing in an object can act upon it."""

import json
import re
from typing import Any

import pytest

from preview.diff.environment import compare
from preview.diff.markdown import LIMIT, MARKER, as_markdown
from preview.diff.report import Difference, as_json, as_text
from preview.diff.tree import Tree
from tests.preview.diff_objects import CONFIG, DEPLOYMENT, ROLE, SECRET
from tests.preview.diff_trees import changed, manifest, tree

EVIL = "``` </details> @team | <b>x</b> `y` \u202e \x1b[31m\n````diff\n</details> [a](b)"


def difference(before: Tree, after: Tree, *, stack: str = "dev") -> Difference:
    return Difference("main", "0123456789abcdef", [compare(stack, before, after)])


def outside_fences(text: str) -> str:
    """The Markdown without what stands in fences and code."""
    text = re.sub(r"^(`{3,})diff\n.*?\n\1$", "", text, flags=re.DOTALL | re.MULTILINE)
    return re.sub(r"`[^`\n]*`", "", text)


def test_no_change_is_said_for_each_environment() -> None:
    same = Difference("main", "", [compare(stack, tree(CONFIG), tree(CONFIG)) for stack in ("dev", "prod")])
    text = as_markdown(same)
    assert text.splitlines()[0] == MARKER == "<!-- neuroerp-preview-diff -->"
    assert "- **dev**: No change\n- **prod**: No change\n" in text
    assert "###" not in text
    assert "dev: No change" in as_text(same)


def test_sentences_stand_first_and_fields_are_folded() -> None:
    before, after = (
        tree(DEPLOYMENT, ROLE),
        tree(changed(DEPLOYMENT, "spec/replicas", 4), changed(ROLE, "rules/0/verbs/2", "delete")),
    )
    text = as_markdown(difference(before, after), full="build/diff.md")
    lines = text.splitlines()
    assert "From `main (0123456789)`, rendered without a cluster." in lines
    assert "- **dev**: 0 added, 2 changed, 0 removed; highest risk: high" in lines
    first = lines.index("- **high**: permission widens: `Role site/web` also allows `delete` on `pods`")
    second = lines.index("- **low**: `Deployment site/web` has 4 replicas instead of 3")
    folded = lines.index("<details><summary><code>Role site/web</code>: 1 field (high)</summary>")
    assert first < second < folded
    assert lines[folded + 1 : folded + 8] == [
        "", "```diff", "  rules[0].verbs[delete]", "+ delete", "```", "", "</details>",
    ]  # fmt: skip
    assert text.endswith("All of it is in `build/diff.md`.\n")


def test_what_comes_and_goes_is_listed() -> None:
    text = as_markdown(difference(tree(CONFIG), tree(ROLE)))
    assert "<details><summary>1 added</summary>\n\n`Role site/web`\n" in text
    assert "<details><summary>1 removed</summary>\n\n`ConfigMap site/web`\n" in text


@pytest.mark.parametrize("place", ["data/app.conf", "metadata/annotations/note", "metadata/labels/a"])
def test_nothing_in_an_object_acts_upon_the_comment(place: str) -> None:
    evil = difference(tree(CONFIG), tree(changed(CONFIG, place, EVIL)))
    text = as_markdown(evil)
    plain = outside_fences(text)
    for sign in ("@", "|", "<b>", "\u202e", "\x1b", "[a]"):
        assert sign not in plain
    assert "\u202e" not in text
    assert "\x1b" not in text + as_text(evil)
    assert plain.count("<details>") == plain.count("</details>") == 1


def test_nothing_in_a_name_acts_upon_the_comment() -> None:
    named = changed(DEPLOYMENT, "metadata/name", "x`|@team</summary></details>")
    item = changed(changed(named, "spec/replicas", 0), "spec/template/spec/containers/0/image", "a`b\n@c:2")
    text = as_markdown(difference(tree(named), tree(item), stack="dev"))
    plain = outside_fences(text)
    assert plain.count("</details>") == 1
    assert "@team" not in re.sub(r"<code>.*?</code>", "", plain)
    assert "x'|@team" in text


def test_a_fence_in_a_text_closes_none() -> None:
    before = changed(CONFIG, "data/app.conf", "a\n```\n</details>\n@team")
    text = as_markdown(difference(tree(before), tree(changed(before, "data/app.conf", "b\n```\n</details>\n@team"))))
    assert "\n ```\n </details>\n" in text
    assert "\n````diff\n" in text
    assert outside_fences(text).count("</details>") == 1


def test_signs_that_turn_a_line_do_not_reach_a_sentence() -> None:
    text = as_markdown(difference(tree(CONFIG), tree(changed(CONFIG, "data/a\u202eb\x1b", "1"))))
    assert "has other content (`a b`)" in text
    assert "\u202e" not in text
    assert "\x1b" not in text


def test_hashes_of_secrets_are_not_shown() -> None:
    after = changed(SECRET, "stringData/user", "<secret fedcba9876543210>")
    found = difference(tree(SECRET), tree(after))
    for text in (as_markdown(found), as_text(found), json.dumps(as_json(found))):
        assert "fedcba9876543210" not in text
        assert "0123456789abcdef>" not in text
        assert "<another secret>" in text


def many(count: int, size: int) -> tuple[Tree, Tree]:
    def configs(word: str) -> list[dict[str, Any]]:
        text = "\n".join(f"{word} {number} ü" for number in range(size))
        items = [changed(CONFIG, "metadata/name", f"config-{number}") for number in range(count)]
        return [changed(item, "data/app.conf", text) for item in items]

    return tree(DEPLOYMENT, *configs("a")), tree(changed(DEPLOYMENT, "spec/replicas", 0), *configs("b"))


@pytest.mark.parametrize(("count", "size"), [(300, 50), (2000, 1), (3, 30_000)])
def test_a_comment_is_cut_to_its_limit_and_says_so(count: int, size: int) -> None:
    found = difference(*many(count, size))
    text = as_markdown(found, full="build/diff.md")
    assert len(text.encode()) <= LIMIT == 65_536
    assert len(text.encode()) > LIMIT / 4 or count == 3
    assert "- **high**: `Deployment site/web` has 0 replicas" in text
    assert "<code>Deployment site/web</code>" in text
    assert text.count("<details>") == text.count("</details>")
    assert text.count("```") % 2 == 0
    left = "more lines" if count == 3 else "Left out, since a comment holds no more: "
    assert left in text
    assert "All of it is in `build/diff.md`." in text
    whole = as_markdown(found, None)
    assert whole.count("<details>") == count + 1
    assert "Left out" not in whole
    assert "more lines" not in whole


def test_json_has_everything() -> None:
    after = changed(changed(CONFIG, "data/new", "1"), "data/app.conf", "a = 2")
    data = as_json(difference(tree(CONFIG), tree(after)))
    assert data["risk"] == "low"
    assert (data["base"], data["commit"]) == ("main", "0123456789abcdef")
    (environment,) = data["environments"]
    assert {key: environment[key] for key in ("stack", "added", "changed", "removed")} == {
        "stack": "dev", "added": 0, "changed": 1, "removed": 0,
    }  # fmt: skip
    assert environment["objects"][0]["fields"] == [
        {"path": 'data["app.conf"]', "before": "a = 1", "after": "a = 2"},
        {"path": "data.new", "after": "1"},
    ]
    assert environment["findings"][0]["fields"] == ['data["app.conf"]', "data.new"]


def test_a_long_text_shows_the_lines_that_changed() -> None:
    lines = [f"line {number}" for number in range(100)]
    before = changed(CONFIG, "data/app.conf", "\n".join(lines))
    lines[50] = "other"
    text = as_text(difference(tree(before), tree(changed(before, "data/app.conf", "\n".join(lines)))))
    assert "-line 50\n" in text
    assert "+other\n" in text
    assert "line 40" not in text


def test_a_description_of_a_manifest_is_text() -> None:
    added = manifest("{kind: ConfigMap, metadata: {name: new}, data: {day: 2024-01-01}}")
    assert json.dumps(as_json(difference(tree(CONFIG), tree(CONFIG, added))), default=str)
