"""The comment on a pull request: the script of the workflow, run by Node.js with a stand-in for GitHub's API."""

import io
import json
import shutil
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest
import yaml

from preview.diff.markdown import LIMIT, MARKER

ROOT = Path(__file__).resolve().parents[2]
NODE, UNZIP = shutil.which("node"), shutil.which("unzip")
pytestmark = pytest.mark.skipif(not NODE or not UNZIP, reason="needs Node.js and unzip, as GitHub's runners have them")
HARNESS = """
const world = JSON.parse(require("fs").readFileSync(0, "utf8"));
const calls = [];
const note = (name) => async (given) => { calls.push([name, given]); return {}; };
const artifact = Buffer.from(world.zip, "base64");
const github = {
  paginate: async (list, given) => (await list(given)).data,
  rest: {
    pulls: { list: async (given) => { calls.push(["pulls", given]); return { data: world.pulls }; } },
    actions: {
      listWorkflowRunArtifacts: async () => ({ data: world.artifacts }),
      downloadArtifact: async () => ({ data: artifact }),
    },
    issues: {
      listComments: async () => ({ data: world.comments }),
      createComment: note("create"), updateComment: note("update"),
    },
  },
};
const context = { repo: { owner: "us", repo: "it" }, payload: { workflow_run: world.run } };
const core = { info: () => {} };
const AsyncFunction = Object.getPrototypeOf(async () => {}).constructor;
new AsyncFunction("github", "context", "core", "require", world.script)(github, context, core, require)
  .then(() => console.log(JSON.stringify(calls)), (error) => { console.error(error.message); process.exit(1); });
"""
RUN = {
    "id": 7,
    "head_sha": "abc",
    "head_branch": "topic",
    "head_repository": {"id": 5, "owner": {"login": "fork"}},
    "html_url": "https://github.example/run/7",
}
PULL = {"number": 3, "head": {"sha": "abc", "repo": {"id": 5}}}


def packed(text: str, name: str = "difference.md") -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, text)
    return target.getvalue()


def script() -> str:
    workflow = yaml.safe_load((ROOT / ".github/workflows/preview-comment.yml").read_text())
    return str(workflow["jobs"]["comment"]["steps"][0]["with"]["script"])


def answered(folder: Path, content: bytes | None, **world: Any) -> subprocess.CompletedProcess[str]:
    import base64  # noqa: PLC0415 - for this alone

    artifacts = [] if content is None else [{"id": 1, "expired": False, "size_in_bytes": len(content)}]
    given = {"run": RUN, "pulls": [PULL], "comments": [], "artifacts": artifacts, "script": script(), **world}
    given["zip"] = base64.b64encode(content or b"").decode()
    assert NODE
    return subprocess.run(
        [NODE, "-e", HARNESS],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        check=False,
        env={"RUNNER_TEMP": str(folder), "PATH": str(Path(UNZIP or "").parent)},
    )


def calls(done: subprocess.CompletedProcess[str]) -> dict[str, dict[str, Any]]:
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def test_the_first_run_makes_the_comment(tmp_path: Path) -> None:
    made = calls(answered(tmp_path, packed(f"{MARKER}\n# dev\n`2` changes")))
    assert made["pulls"]["head"] == "fork:topic"
    assert made["create"] == {"owner": "us", "repo": "it", "issue_number": 3, "body": f"{MARKER}\n# dev\n`2` changes"}


def test_a_later_run_updates_it_and_no_other(tmp_path: Path) -> None:
    bot, person = {"login": "github-actions[bot]"}, {"login": "mallory"}
    comments = [
        {"id": 1, "user": person, "body": f"{MARKER}\nfake"},
        {"id": 2, "user": bot, "body": "something else"},
        {"id": 4, "user": bot, "body": f"{MARKER}\nold"},
    ]
    made = calls(answered(tmp_path, packed("new"), comments=comments))
    assert made["update"]["comment_id"] == 4
    assert "create" not in made


@pytest.mark.parametrize(
    "pulls",
    [
        [],
        [{"number": 3, "head": {"sha": "newer", "repo": {"id": 5}}}],
        [{"number": 3, "head": {"sha": "abc", "repo": {"id": 6}}}],
        [{"number": 3, "head": {"sha": "abc", "repo": None}}],
    ],
    ids=["closed", "a newer commit", "of another repository", "of a deleted repository"],
)
def test_another_pull_request_is_left_alone(tmp_path: Path, pulls: list[Any]) -> None:
    assert set(calls(answered(tmp_path, packed("text"), pulls=pulls))) == {"pulls"}


def test_a_run_that_failed_says_so_instead_of_leaving_what_was(tmp_path: Path) -> None:
    assert "could not be rendered: [see why](https://github" in calls(answered(tmp_path, None))["create"]["body"]


def test_what_the_command_writes_is_shown_whole(tmp_path: Path) -> None:
    text = f"{MARKER}\n".ljust(LIMIT - 1, "x") + "\n"
    assert calls(answered(tmp_path, packed(text)))["create"]["body"] == text.strip()


def test_a_longer_text_is_cut(tmp_path: Path) -> None:
    body = calls(answered(tmp_path, packed("x" * 70_000)))["create"]["body"]
    assert 65_000 < len(body) <= LIMIT
    assert body.startswith(f"{MARKER}\nCut; [all of it](https://github.example/run/7)")


@pytest.mark.parametrize("content", [b"x" * 1_000_001, packed("x" * 50_000_000)], ids=["large", "a bomb"])
def test_what_is_too_large_is_refused(tmp_path: Path, content: bytes) -> None:
    done = answered(tmp_path, content)
    assert done.returncode == 1
    assert "bytes" in done.stderr or "ENOBUFS" in done.stderr


def test_an_artefact_with_another_file_writes_nothing(tmp_path: Path) -> None:
    done = answered(tmp_path, packed("text", "../../evil.md"))
    assert done.returncode == 1
    assert [path.name for path in tmp_path.iterdir()] == ["difference.zip"]
