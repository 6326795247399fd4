"""The commands as typed, in a process of their own where the exit code matters."""

from __future__ import annotations

import gzip
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from forecast.types import HEADLINES
from jobs.cli import main
from tests.support.databases import edit, rows

ROOT = Path(__file__).parents[2]
CBP = ROOT.parent / "shared" / "data" / "cbp"
STATE_FILES = [
    "nationwide-encounters-fy20-fy23-state.csv.gz",
    "nationwide-encounters-fy22-fy25-state.csv.gz",
    "nationwide-encounters-fy23-fy26-nov-state.csv.gz",
]
needs_files = pytest.mark.skipif(not CBP.exists(), reason="CBP's own files are not at hand")


def bordercast(
    *words: object, cwd: Path = ROOT, start: tuple[str, ...] = ("-m", "jobs")
) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, *start, *map(str, words)],
        capture_output=True,
        text=True,
        cwd=cwd,
        env=environment,
        check=False,
    )


def said(*words: object) -> str:
    """What a command prints, run in this process; it must succeed."""
    result = CliRunner().invoke(main, [str(word) for word in words])
    assert result.exit_code == 0, result.output
    return result.output


HEAVY = ("pandas", "scipy", "statsmodels", "prophet", "altair", "sqlite_utils", "datasette")


def test_help_loads_no_settings_and_no_source(tmp_path):
    """With the shipped settings beside it, which say of no source of their own."""
    (tmp_path / "config.toml").write_bytes((ROOT / "config.toml").read_bytes())
    program = (
        "import sys; from jobs.cli import main; main(['--help'], standalone_mode=False); "
        "print(*sys.modules, file=sys.stderr)"
    )

    shown = bordercast(start=("-c", program), cwd=tmp_path)

    assert "border encounters" in shown.stdout
    loaded = set(shown.stderr.split())
    assert "jobs.cli" in loaded
    unneeded = (*HEAVY, "pydantic", "numpy", "rich", "forecast.config", "forecast.types")
    assert loaded & {*unneeded, "forecast.sources.source"} == set()


@pytest.mark.slow
def test_show_prints_every_border_and_loads_nothing_heavy(published):
    program = (
        "import sys; from jobs.cli import main; main(sys.argv[1:], standalone_mode=False); "
        "print(*sys.modules, file=sys.stderr)"
    )

    shown = bordercast("--db", published, "show", start=("-c", program))

    assert shown.returncode == 0
    assert all(border in shown.stdout for border in HEADLINES)
    assert "Data through Aug 2026" in shown.stdout
    assert re.search(r"at ports +5,524\b.*\n.*Border Patrol +563\b.*\n.*entry +95\b", shown.stdout)
    assert max(map(len, shown.stdout.splitlines())) <= 100
    assert {"click", "rich"} <= set(shown.stderr.split())
    assert set(HEAVY) & set(shown.stderr.split()) == set()


@pytest.mark.slow
def test_show_a_border_says_what_would_raise_a_flag(published):
    shown = said("--db", published, "show", "northern")

    assert "flag under" in shown
    said_first = " ".join(shown.partition("forecast  median")[0].split())
    assert "CBP counted 6,087 encounters" in said_first
    assert "5,524 were at ports of entry (OFO) and 563 by Border Patrol: 95 at entry" in said_first
    assert shown.count("2026") + shown.count("2027") >= 12


@pytest.mark.slow
def test_json_is_for_programs(published):
    shown = json.loads(said("--db", published, "show", "--json"))
    flagged = json.loads(said("--db", published, "flags", "--json"))

    assert len(shown["forecasts"]) == 48
    assert len(shown["digest"]) == 64
    assert {"southwest", "northern"} <= {row["border"] for row in flagged}


@pytest.mark.slow
def test_score_tests_whether_a_difference_may_be_chance(published):
    tests = json.loads(said("--db", published, "score", "--tests", "--json"))
    words = said("--db", published, "score", "southwest", "--tests")

    by = {(t["total"], t["horizon"]): t for t in tests}
    assert {total for total, _ in by} == {"northern", "southwest", "other", "nationwide", ""}
    of = [t for t in tests if t["total"] == "southwest"]
    sure = [str(t["horizon"]) for t in of if t["p"] < 0.05]
    assert [str(t["horizon"]) for t in of if t["verdict"] != "may be chance"] == sure
    assert all(f" {t['n']} " in words and f"{t['p']:.3f}" in words for t in of)
    assert "Southwest border:" in words
    assert "Northern border" not in words


@pytest.mark.slow
def test_score_prints_worse_than_naive_as_plainly_as_better(published):
    shown = said("--db", published, "score", "nationwide")

    assert "bordercast" in shown
    assert "prophet" in shown


@pytest.mark.slow
def test_verify_names_an_edited_forecast_and_fails(database):
    assert "The record fits its digests" in said("--db", database, "verify")
    edit(database, "update forecasts set hi95 = hi95 + 1 where model = 'bordercast'")

    checked = bordercast("--db", database, "verify")

    assert checked.returncode == 1
    assert "run 1 was edited" in checked.stderr


def test_before_the_first_run_a_look_says_what_to_do(tmp_path):
    looked = bordercast("--db", tmp_path / "none.db", "show")

    assert looked.returncode == 2
    assert looked.stderr.count("\n") == 1
    assert "bordercast run" in looked.stderr


@pytest.mark.slow
def test_a_run_on_nothing_says_what_to_do(tmp_path):
    stopped = bordercast("--db", tmp_path / "a.db", "run", "--no-bundle")

    assert stopped.returncode == 3
    assert "import a file" in stopped.stderr


def test_a_month_that_is_none_is_a_usage_error(published):
    stopped = bordercast("--db", published, "flags", "--since", "2025-13")

    assert stopped.returncode == 2
    assert "YYYY-MM" in stopped.stderr


@pytest.mark.slow
def test_databases_in_one_folder_keep_apart(database):
    other = database.with_name("other.db")
    other.write_bytes(database.read_bytes())
    edit(other, "update forecasts set hi95 = hi95 + 1 where model = 'bordercast'")

    assert bordercast("--db", other, "verify").returncode == 1
    assert bordercast("--db", other, "show").returncode == 1
    assert bordercast("--db", database, "show").returncode == 0


def test_a_wrong_setting_stops_every_command(tmp_path):
    (tmp_path / "my.toml").write_text("[flags]\nalpha = 7.0\n")

    stopped = bordercast("--config", tmp_path / "my.toml", "show")

    assert stopped.returncode == 2
    assert "my.toml, line 2: flags.alpha" in stopped.stderr


@pytest.mark.slow
def test_a_file_that_is_no_csv_is_refused_and_changes_nothing(tmp_path):
    page = tmp_path / "nationwide-encounters-fy23-fy26-dec-state.csv"
    page.write_text("<!DOCTYPE html><html><body>Access denied</body></html>\n")

    refused = bordercast("--db", tmp_path / "a.db", "ingest", "--no-bundle", page)

    assert refused.returncode == 3
    assert page.name in refused.stderr
    assert rows(tmp_path / "a.db", "select count(*) from observations") == [(0,)]


def observations(path: Path) -> list[tuple]:
    return rows(
        path,
        "select s.border, s.dimension, s.member, o.month, r.sha256, o.encounters "
        "from observations o join series s on s.id = o.series_id "
        "join releases r on r.id = o.release_id order by 1, 2, 3, 4, 5",
    )


@pytest.mark.slow
@needs_files
def test_real_files_in_any_order_and_twice_agree_with_the_figures(tmp_path, published):
    forward, backward = tmp_path / "forward.db", tmp_path / "backward.db"
    files = [CBP / name for name in STATE_FILES]
    said("--db", forward, "ingest", "--no-bundle", *files)
    said("--db", backward, "ingest", "--no-bundle", *reversed(files))
    once = observations(forward)
    again = said("--db", forward, "ingest", "--no-bundle", *files)

    assert observations(backward) == once
    assert observations(forward) == once
    assert again.count("already on record") == 3
    query = (
        "select border, month, encounters from border_months "
        "where month between '2019-10' and '2025-09' order by 1, 2"
    )
    closed = rows(forward, query)
    assert len(closed) == 4 * 72
    assert closed == rows(published, query)


@pytest.mark.slow
@needs_files
def test_a_cut_file_is_refused_with_a_reason(tmp_path, database):
    whole = gzip.decompress((CBP / STATE_FILES[2]).read_bytes())
    cut = tmp_path / STATE_FILES[2].removesuffix(".gz")
    before = observations(database)
    for size in (len(whole) // 3, len(whole) - 1, len(whole) - 40, 1000, 0):
        cut.write_bytes(whole[:size])

        refused = bordercast("--db", database, "ingest", cut)

        assert refused.returncode == 3
        assert cut.name in refused.stderr
        assert observations(database) == before


@pytest.mark.parametrize("words", [["show"], ["show", "northern"]])
def test_tables_fit_a_terminal_of_eighty_columns(published, words):
    fits_eighty_columns(said("--db", published, *words))


@pytest.mark.slow
def test_what_a_run_says_fits_a_terminal_of_eighty_columns(borders_alone, tmp_path):
    settings = tmp_path / "quick.toml"
    settings.write_text(
        "[forecast]\nmodels = ['naive']\nfirst_cutoff = '2026-06'\nmin_count = 1000000\n"
    )

    fits_eighty_columns(said("--db", borders_alone, "--config", settings, "run"))


def fits_eighty_columns(text: str) -> None:
    lines = [line.rstrip() for line in text.splitlines()]
    assert len(lines) > 10
    assert max(map(len, lines)) <= 80


@pytest.mark.parametrize("place", ["before", "after", "far after", "="])
def test_the_programs_options_may_stand_after_the_command(of_borders, tmp_path, place):
    settings = tmp_path / "own.toml"
    settings.touch()
    ours = ["--db", of_borders, "--config", settings]
    words = {
        "before": [*ours, "releases", "list", "--json"],
        "after": ["releases", *ours, "list", "--json"],
        "far after": ["releases", "list", "--json", *ours],
        "=": ["releases", "list", f"--db={of_borders}", "--json", f"--config={settings}"],
    }

    assert json.loads(said(*words[place]))[0]["kind"]


def test_an_option_after_the_command_without_its_value_is_a_usage_error():
    stopped = bordercast("show", "--db")

    assert stopped.returncode == 2
    assert "requires an argument" in stopped.stderr


@pytest.mark.slow
def test_a_month_may_be_typed_as_people_do(published):
    expected = said("--db", published, "fact", "northern", "2025-02")

    assert said("--db", published, "fact", "northern", "2025-2") == expected
    assert said("--db", published, "fact", "northern", "Feb 2025") == expected


PLACES = ("El Paso", "San Diego", "Tucson", "Laredo", "Detroit", "Buffalo", "New York")


@pytest.mark.slow
@pytest.mark.parametrize("place", PLACES)
def test_a_place_that_several_series_are_named_after_is_answered_of_each(published, place):
    """Whatever any of them counted is said, and of those in one dimension the sum."""
    found = rows(
        published,
        "select o.encounters from current_observations as o "
        "join scoped_series as s on s.id = o.series_id where o.month = '2026-08' "
        "and s.dimension = 'field' and s.border <> 'nationwide' and s.member in (?, ?)",
        f"{place} Sector",
        f"{place} Field Office",
    )
    counts = sorted(count for (count,) in found)
    asked = json.loads(said("--db", published, "fact", f"{place} August 2026", "--json"))
    answer = asked["answers"][0]
    text = said("--db", published, "fact", f"{place} in August 2026")

    assert counts
    told = [row["count"] for row in answer["readings"] if row["count"] is not None]
    assert sorted(told) == counts
    assert all(f"{count:,} " in text for count in counts)
    assert len(counts) == 1 or f"Together: {sum(counts):,}." in text
    assert said("--db", published, "fact", place, "2026-08").count("\n  ") == text.count("\n  ")


@pytest.mark.slow
def test_a_month_that_a_named_part_does_not_have_is_said_to_be_missing(published):
    stopped = bordercast("--db", published, "fact", "Mexico August 2026")

    assert stopped.returncode == 2
    assert "on record are 2019-10 to 2025-11" in stopped.stderr


def test_help_and_version_are_commands_too():
    assert said("version") == said("--version")
    assert said("help") == said("--help")
    assert "Let a held notice go out" in said("help", "notices", "approve")
    assert bordercast("help", "weather").returncode == 2


def test_output_to_a_full_disk_is_not_the_databases_fault(published):
    with open("/dev/full", "w") as full:
        stopped = subprocess.run(
            [sys.executable, "-m", "jobs", "--db", published, "show"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )

    assert stopped.returncode == 1
    assert stopped.stderr.count("\n") == 1
    assert "standard output: cannot be written" in stopped.stderr


def in_a_closed_folder(folder: Path, *words: object) -> subprocess.CompletedProcess[str]:
    """Run in a folder that cannot be read, without the rights by which root reads it anyway."""
    rights = "-dac_override,-dac_read_search"
    drop = ["setpriv", "--inh-caps", rights, "--bounding-set", rights] if os.getuid() == 0 else []
    if drop and not shutil.which("setpriv"):
        pytest.skip("root reads everything, and setpriv is not here to give that up")
    program = (
        "import os, sys; os.chdir(sys.argv[1]); os.chmod('.', 0); "
        "from jobs.cli import main; main(sys.argv[2:])"
    )
    folder.mkdir(exist_ok=True)
    return subprocess.run(
        [*drop, sys.executable, "-c", program, folder, *words],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )


@pytest.mark.slow
def test_a_folder_that_cannot_be_read_is_no_hindrance(database, tmp_path):
    settings = tmp_path / "own.toml"
    settings.touch()

    named = in_a_closed_folder(
        tmp_path / "a", "--config", settings, "--db", database, "status", "--json"
    )
    unnamed = in_a_closed_folder(tmp_path / "b", "--db", database, "status")

    assert json.loads(named.stdout)["facts"]["last_run"] == 1, named.stderr
    assert unnamed.returncode == 2
    assert unnamed.stderr == (
        "bordercast: config.toml: file: this folder cannot be read (Permission denied); "
        "name the file with --config\n"
    )


@pytest.mark.slow
def test_after_the_only_run_was_withdrawn_no_run_is_advised(published, tmp_path):
    db = tmp_path / "b.db"
    shutil.copy(published, db)

    withdrawn = bordercast("--db", db, "withdraw", "1", "--why", "x", "--by", "me")
    shown, status = (bordercast("--db", db, command) for command in ("show", "status"))

    assert withdrawn.returncode == 0
    for told in (shown.stderr, status.stdout):
        assert "run 1 was withdrawn, and there is no other" in " ".join(told.split())
        assert "start with" not in told


def test_a_usage_error_names_the_program_wherever_it_runs():
    refused = CliRunner().invoke(main, ["verify", "--run", "1"])

    assert refused.output.startswith("Usage: bordercast verify")


def test_a_brief_says_once_how_many_were_in_the_interior(published):
    told = bordercast("--db", published, "brief", "northern", "2026-08").stdout

    assert "468 in the interior (83%)" in told
    assert told.count("468") == 1


@pytest.mark.slow
def test_a_part_of_the_whole_that_no_file_states_is_the_sum_of_its_totals(published):
    def answer(*words: str):
        return json.loads(said("--db", published, *words, "--json"))

    parts = ("northern:Mexico", "southwest:Mexico", "other:Mexico")
    counts = [answer("brief", name, "2025-11")["encounters"] for name in parts]
    years = [answer("show", name, "FY2026") for name in parts]
    year = answer("show", "nationwide:Mexico", "FY2026")
    ahead = answer("show", "nationwide:Mexico")["forecasts"]

    assert answer("brief", "nationwide:Mexico", "2025-11")["encounters"] == sum(counts)
    assert year["published"] == sum(one["published"] for one in years)
    assert year["median"] == pytest.approx(sum(one["median"] for one in years), rel=0.02)
    # Narrower than if every border went to its end at once.
    assert year["hi95"] - year["lo95"] <= sum(one["hi95"] - one["lo95"] for one in years)
    assert [row["lo80"] < row["median"] < row["hi80"] for row in ahead] == [True] * len(ahead)
    assert 0 < answer("chance", "nationwide:Mexico", "FY2026", ">120000")["chance"] < 1


@pytest.mark.parametrize(
    ("words", "begins"),
    [
        (("show", "swanton", "sector", "2026-12"), "northern:Swanton Sector, December 2026: "),
        (("show", "northern", "next", "12", "months"), "northern, September 2026 to August 2027: "),
        (("brief", "swanton", "sector", "2025-02"), "CBP counted 91 encounters at the northern"),
    ],
)
def test_a_name_of_several_words_needs_no_quotes(published, words, begins):
    assert said("--db", published, *words).startswith(begins)


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("show", "el", "paso"), "'el paso': could be any of these; try southwest:El Paso Sector"),
        (("show", "norhtern", "FY2027"), "'norhtern': no series has this name; try northern"),
        (("brief", "northern", "paso"), "for 'MONTH': 'paso': not a month"),
        (("chance", "el", "paso", "FY2027", "record"), "Put a name of several words into quotes."),
    ],
)
def test_words_that_name_no_series_are_told_what_to_type(published, words, problem):
    refused = CliRunner().invoke(main, ["--db", str(published), *words])

    assert refused.exit_code == 2
    assert problem in refused.output
