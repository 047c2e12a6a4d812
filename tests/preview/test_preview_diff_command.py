"""``python -m preview diff`` on a small repository: exit codes, refusals, and that nothing stays behind."""

import contextlib
import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import preview.diff_command
from preview.__main__ import main
from preview.diff.revision import CACHE, LOCK, python_for
from preview.diff.runs import Side
from preview.yamlfile import InputError
from tests.needs import need
from tests.preview.diff_repository import Repository, shop

SECONDS = 60


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """The small project, committed, as the current directory."""
    need("helm")
    for name in ("CI", "CHARTS_MIRROR", "CHART_VALUES", "PREVIEW_KEY"):
        monkeypatch.delenv(name, raising=False)
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    repository = shop(tmp_path / "repository").commit()
    monkeypatch.chdir(repository.root)
    return repository


def nothing_is_left(repository: Repository) -> bool:
    """Whether there is neither a worktree nor a temporary directory any more."""
    worktrees = repository.git("worktree", "list", "--porcelain").count("worktree ")
    return worktrees == 1 and not list((repository.root.parent / "temporary").iterdir())


def test_a_verb_of_a_rendered_role_in_one_environment(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    repository.change("charts/shop/templates/role.yaml", ", list", ", list, delete")
    assert main(["diff", "HEAD", "--format", "markdown"]) == 0
    captured = capsys.readouterr()
    assert captured.err == "Planning dev, prod at HEAD and here ...\n"
    sentence = "- **high**: permission widens: `Role shop-prod/reader` also allows `delete` on `pods`"
    lines = captured.out.splitlines()
    assert [line for line in lines if line.startswith("- ")][1:] == [
        "- **prod**: 0 added, 1 changed, 0 removed; highest risk: high",
        sentence,
    ]
    assert "- **dev**: No change" in lines
    assert "### dev" not in lines
    assert lines.index("### prod") < lines.index(sentence)
    assert "  rules[0].verbs[delete]\n+ delete\n" in captured.out
    assert nothing_is_left(repository)
    # The same again gives the same bytes, and the whole report is on disk.
    report = (repository.root / "build" / "diff.md").read_bytes()
    assert main(["diff", "HEAD", "--format", "markdown", "--fail-on", "high"]) == 1
    assert capsys.readouterr().out == captured.out
    assert (repository.root / "build" / "diff.md").read_bytes() == report
    target = repository.root / "difference.md"
    form = ["--format", "json", "--output", str(target)]
    assert main(["diff", "HEAD", "--stack", "prod", "--fail-on", "destructive", *form]) == 0
    assert capsys.readouterr().out == ""
    data = json.loads(target.read_text())
    assert (data["risk"], [environment["stack"] for environment in data["environments"]]) == ("high", ["prod"])
    assert data["commit"] == repository.git("rev-parse", "HEAD").strip()


def test_the_base_is_rendered_by_its_own_code_and_charts(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    repository.change("__main__.py", '"red"', '"blue"').change("__main__.py", "hello", "bye").commit()
    repository.change("charts/shop/templates/config.yaml", "color = ", "colour = ")
    assert main(["diff", "HEAD~1", "--stack", "dev"]) == 0
    out = capsys.readouterr().out
    assert "- hello\n    + bye\n" in out
    assert "-color = red\n" in out
    assert "+colour = blue\n" in out


def test_a_directory_of_an_earlier_run_is_a_base_too(
    repository: Repository, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    earlier = tmp_path / "earlier"
    repository.root.joinpath("Pulumi.prod.yaml").unlink()
    command = [sys.executable, "-m", "preview", "dev", "--output", str(earlier / "dev")]
    subprocess.run(command, capture_output=True, check=False)
    repository.change("__main__.py", "hello", "bye")
    assert main(["diff", str(earlier)]) == 0
    assert "`ConfigMap site/page` has other content (`page`)" in capsys.readouterr().out
    (earlier / "dev" / "plan.json").write_text("[]")
    assert main(["diff", str(earlier)]) == 2
    assert "no build output of a preview (plan.json)" in capsys.readouterr().err


def test_an_environment_that_is_new(repository: Repository, capsys: pytest.CaptureFixture[str]) -> None:
    (repository.root / "Pulumi.stage.yaml").write_text("config: {}\n")
    assert main(["diff", "HEAD", "--stack", "stage"]) == 0
    out = capsys.readouterr().out
    assert "note: the environment is new" in out
    assert "[low] release `web` (`charts/shop 1.2.3`) is installed" in out


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["nowhere"], "'nowhere' is no revision here; fetch it first (git fetch), or see git log"),
        ([""], "'' is no revision here"),
        (["HEAD:preview"], "'HEAD:preview' is no revision here"),
        (["HEAD", "--stack", "stage"], "--stack stage: neither side has it; there are: dev, prod"),
        (["HEAD", "--output", "no/such/file"], "--output: no/such/file is no file in a directory that exists"),
        (["HEAD", "--output", "."], "--output: . is no file in a directory that exists"),
    ],
)
def test_what_is_refused(
    repository: Repository, capsys: pytest.CaptureFixture[str], arguments: list[str], expected: str
) -> None:
    assert main(["diff", *arguments]) == 2
    err = capsys.readouterr().err
    assert expected in err
    assert err.count("\n") == 1
    assert nothing_is_left(repository)


def test_an_unknown_risk_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["diff", "HEAD", "--fail-on", "none"])
    assert caught.value.code == 2
    assert "invalid choice: 'none'" in capsys.readouterr().err


def test_no_repository(
    repository: Repository, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (repository.root / ".git").rename(repository.root / "git")
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(repository.root.parent))
    assert main(["diff", "HEAD"]) == 2
    err = capsys.readouterr().err
    assert "not a git repository" in err
    assert err.count("\n") == 1


def test_a_side_that_cannot_be_planned(repository: Repository, capsys: pytest.CaptureFixture[str]) -> None:
    repository.change("__main__.py", "import pulumi\n", "import pulumy\n").commit()
    repository.change("__main__.py", "import pulumy\n", "import pulumi\n")
    assert main(["diff", "HEAD"]) == 2
    err = capsys.readouterr().err.splitlines()
    assert err[-1] == "HEAD: dev cannot be planned: ModuleNotFoundError: No module named 'pulumy'"
    assert nothing_is_left(repository)


def test_a_base_without_a_preview_or_a_lock_file(repository: Repository, capsys: pytest.CaptureFixture[str]) -> None:
    (repository.root / LOCK).rename(repository.root / "lock")
    repository.commit()
    assert main(["diff", "HEAD"]) == 2
    assert "HEAD has no requirements-dev.txt" in capsys.readouterr().err
    (repository.root / "preview").rename(repository.root / "preview-away")
    repository.commit()
    (repository.root / "preview-away").rename(repository.root / "preview")
    assert main(["diff", "HEAD"]) == 2
    assert capsys.readouterr().err == "HEAD has no preview yet; name a later revision\n"


def test_another_lock_file_gets_its_own_environment(
    repository: Repository, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root, base = repository.root, tmp_path / "base"
    (base / "preview").mkdir(parents=True)
    (base / "preview" / "__main__.py").touch()
    shutil.copy(root / LOCK, base / LOCK)
    assert python_for(root, base, "main") == Path(sys.executable)
    (base / LOCK).write_text("# nothing\n")
    python = python_for(root, base, "main")
    assert python.is_relative_to(root / CACHE)
    assert subprocess.run([python, "-c", "import yaml"], capture_output=True, check=False).returncode == 1
    assert capsys.readouterr().err == "Installing the dependencies of main, once (about 20 s) ...\n"
    assert python_for(root, base, "main") == python
    assert capsys.readouterr().err == ""
    # One that was not made to its end is made again.
    (python.parents[1] / "installed").unlink()
    assert python_for(root, base, "main") == python
    assert capsys.readouterr().err.startswith("Installing the dependencies of main")
    (base / LOCK).write_text("-r missing.txt\n")
    with pytest.raises(InputError, match=r"^main: its requirements-dev.txt cannot be installed: ERROR: .*missing.txt"):
        python_for(root, base, "main")


def test_a_chart_that_is_required_but_missing(repository: Repository, capsys: pytest.CaptureFixture[str]) -> None:
    (repository.root / "charts").rename(repository.root / "away")
    repository.change("__main__.py", '"red"', '"blue"')
    required = ["diff", "HEAD", "--stack", "dev", "--require-manifests"]
    assert main(required) == 1
    captured = capsys.readouterr()
    assert captured.err.splitlines()[-1].startswith("--require-manifests: dev: charts not rendered: their values are")
    assert "values.color\n    - red\n    + blue\n" in captured.out


def test_both_sides_may_pull_charts(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[list[tuple[Path, str]], list[str]]] = []

    def run(jobs: list[tuple[Side, str]], options: list[str], _: Path) -> None:
        asked.append(([(side.directory, stack) for side, stack in jobs], options))
        raise InputError("enough")

    monkeypatch.setattr(preview.diff_command, "run", run)
    for option in ("--manifests", "--require-manifests"):
        assert main(["diff", "HEAD", option]) == 2
        jobs, options = asked.pop()
        assert options == [option]
        assert [(directory == repository.root, stack) for directory, stack in jobs] == [
            (True, "dev"),
            (True, "prod"),
            (False, "dev"),
            (False, "prod"),
        ]


def gone(process: int) -> bool:
    """Whether a process has ended, also where nobody has asked for its exit status yet."""
    with contextlib.suppress(FileNotFoundError):
        return Path(f"/proc/{process}/stat").read_text().rpartition(") ")[2][0] == "Z"
    return True


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interruption_leaves_nothing_behind(repository: Repository, tmp_path: Path, number: signal.Signals) -> None:
    begun = tmp_path / "begun"
    wait = f"import os, pulumi, time; open({str(begun)!r}, 'a').write(f'{{os.getpid()}}\\n'); time.sleep({SECONDS})\n"
    repository.change("__main__.py", "import pulumi\n", wait).commit()
    command = [sys.executable, "-m", "preview", "diff", "HEAD", "--stack", "dev"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=repository.root)
    assert process.stderr
    end = time.monotonic() + SECONDS
    while not begun.is_file() or begun.read_text().count("\n") < 2:
        assert time.monotonic() < end, "the previews did not begin"
        time.sleep(0.05)
    process.send_signal(number)
    assert process.wait(SECONDS) == 130
    assert process.stderr.read().endswith("\ninterrupted; nothing is left behind\n")
    process.stderr.close()
    assert all(gone(int(line)) for line in begun.read_text().split())
    assert nothing_is_left(repository)
