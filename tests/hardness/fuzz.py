"""Fuzzing of all that is read: logs in every form, and the files of a pack.

    python -m tests.hardness.fuzz --seconds 600      # as `make fuzz-readers`
    python -m tests.hardness.fuzz --examples 200 --kind logs --seed 3

Each example runs commands as they are run by a user, in a child process with bounds. What may come of it is an exit code of 0, 1 or 2
and lines of words: no traceback, no hang, no more memory than the bound, and nothing written but where the command was told to write.
What breaks that is printed, with the input that did it kept in a folder.
"""

from __future__ import annotations

import argparse
import csv
import faulthandler
import io
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import yaml
from click.testing import CliRunner

from casetrail.cli.main import Context, cli
from casetrail.pack.pack import Pack
from tests.cli.ways import CASES, ROOT, RULE
from tests.hardness.hostile import Chance, as_json, bytes_spoilt, packed, shape_spoilt, yaml_spoilt

SECONDS = 20
"""The most of the processor's time that one example may take."""
PATIENCE = 300
"""The most of the clock's."""
MEMORY = 1024 * 1024 * 1024
"""The most that the process may ever hold."""
_CACHE = "cache"
"""Where the verdicts of checks are kept, which is no trace of an example."""
KINDS = ("logs", "pack", "overlay")
"""What is spoilt."""
RULES = (
    "okta_api_token_created",
    "okta_session_two_networks",
    "okta_session_cookie_replay",
    "salesforce_login_as",
    "google_workspace_external_share",
)
LOGS = (
    "ndjson",
    "json",
    "csv",
    "yml",
    "parquet",
    "ndjson.gz",
    "ndjson.zst",
    "json.gz",
    "csv.gz",
    "csv.zst",
    "log",
    "yml.gz",
)


class Broken(Exception):
    """An example broke a promise."""


# Logs


@cache
def rows() -> list[Any]:
    """Whole example rows of each log, and two in envelopes."""
    found = [yaml.safe_load(path.read_text())["row"] for path in sorted((ROOT / "fixtures" / "events").glob("*/*.yml"))]
    okta = [row for row in found if "eventType" in row][:2]
    return [*found[::7], {"events": okta}, {"data": {"events": okta}}]


@cache
def names() -> tuple[str, ...]:
    """Rules of every kind and log, few enough for a quick hunt."""
    pack = shipped(None)
    chosen = [name for name in RULES if name in pack.rules]
    by_source: dict[tuple[str, str], str] = {}
    for name, rule in pack.rules.items():
        if rule.alone and rule.plan is not None:
            by_source.setdefault((rule.path.parent.name, type(rule.plan).__name__), name)
    return (*chosen, *by_source.values())


@cache
def shipped(folder: Path | None) -> Pack:
    return Pack.load(folder)


def log(form: str, chance: Chance) -> bytes:
    """A log file of a form, spoilt in some layer of it."""
    kind, _, pack = form.partition(".")
    some = chance.sample(rows(), chance.choice((1, 2, 5)))
    shaped = chance.random() < 0.6
    some = [shape_spoilt(row, chance) if shaped and chance.random() < 0.7 else row for row in some]
    match kind:
        case "json":
            content = as_json(some) if chance.random() < 0.5 else as_json({"events": some, "x": 1})
        case "csv":
            content = _csv([row for row in some if isinstance(row, dict)])
        case "yml":
            content = yaml_spoilt(yaml.safe_dump(rows()[:2]).encode(), chance)
        case "parquet":
            content = _parquet(some)
        case _:
            content = b"\n".join(map(as_json, some)) + b"\n"
    if not shaped or chance.random() < 0.1:
        content = bytes_spoilt(content, chance)
    return packed(content, pack, chance) if pack else content


def _csv(some: list[dict[Any, Any]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text)
    head = list(map(str, some[0])) if some else ["value"]
    writer.writerow(head)
    writer.writerows([[row.get(name) for name in head] for row in some])
    return text.getvalue().encode("utf-8", "surrogatepass")


def _parquet(some: list[Any]) -> bytes:
    """The rows as Parquet, as columns of DuckDB's own types; the good ones where those can't be."""
    with tempfile.TemporaryDirectory() as folder:
        source, made = Path(folder) / "x.ndjson", Path(folder) / "x.parquet"
        for each in (some, rows()[:3]):
            source.write_bytes(b"\n".join(map(as_json, each)))
            try:
                duckdb.execute(f"COPY (FROM read_json('{source}')) TO '{made}' (FORMAT parquet)")
            except (duckdb.Error, UnicodeError):
                continue
            return made.read_bytes()
    return b""


def hunt_in_log(chance: Chance, folder: Path) -> list[list[str]]:
    form = chance.choice(LOGS)
    path = folder / chance.choice(("x", "x.y", "x y", "ä*")).__add__(f".{form}")
    path.write_bytes(log(form, chance))
    words = ["hunt", str(path), *(word for name in names() for word in ("--rule", name))]
    words += chance.choice(([], ["--json"], ["--csv"], ["--exit-code"]))
    words += chance.choice(([], [], [], ["--source", "okta/okta"], ["--source", "salesforce/login_event"]))
    return [words]


# Packs


def _yaml(value: Any) -> bytes:
    return yaml.safe_dump(value, sort_keys=False).encode()


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _texts(each)
    elif isinstance(value, str):
        yield value


@cache
def small() -> dict[str, bytes]:
    """A whole pack as small as can be, by path."""
    (contract,) = yaml.safe_load_all((ROOT / "logsources" / "okta.yml").read_text())
    source = contract["sources"][0]
    named = set(_texts([part for key, part in source.items() if key != "fields"]))
    kept = {name for name in source["fields"] if name in named or name.replace("[]", "") in named or name.count(".") < 2}
    source["fields"] = {name: facts for name, facts in source["fields"].items() if name in kept}
    plain = {name.replace("[]", "") for name in source["fields"]}
    single = {**RULE, "casetrail": {**RULE["casetrail"], "level_reason": "Since."}}
    base = {**RULE, "name": "base", "id": "3f6f2b0e-6c1b-4a77-9f0e-2f6d0a0f9b12"}
    base["detection"] = {
        "selection": {"eventType|contains": ["user", "x*y"], "client.ipAddress|cidr": "10.0.0.0/8"},
        "other": {"actor.alternateId|re": "^a.*b$", "displayMessage|expand": "%service_accounts%"},
        "condition": "selection and not 1 of other*",
    }
    many = {key: value for key, value in RULE.items() if key not in ("logsource", "detection")}
    many |= {"name": "many", "id": "3f6f2b0e-6c1b-4a77-9f0e-2f6d0a0f9b13"}
    many["correlation"] = {
        "type": "value_count",
        "rules": ["base"],
        "group-by": ["actor.alternateId"],
        "timespan": "1h",
        "condition": {"field": "client.ipAddress", "gte": 2},
    }
    files = {
        "logsources/okta.yml": _yaml(contract),
        "rules/okta/example.yml": _yaml(single),
        "rules/okta/base.yml": _yaml(base),
        "rules/okta/many.yml": _yaml(many),
        "fixtures/okta/example.yml": _yaml(CASES),
        "fixtures/okta/many.yml": (
            b"rule: many\ncases:\n- name: two\n  completes: [b]\n  watchlists: {service_accounts: [x]}\n  events:\n"
            b"  - {id: a, from: okta/user_session_start, set: {client.ipAddress: 10.0.0.1}}\n"
            b"  - {id: b, like: a, at: 1m, set: {client.ipAddress: 10.0.0.2}, append: {target: {id: 1}}}\n"
            b"  - {id: 'c{n}', like: a, at: 5h, repeat: 3, every: 1s, unset: [client.ipAddress]}\n"
        ),
        "watchlists/watchlists.yml": b"service_accounts: {title: Accounts of services, holds: account, example: bot@example.com}\n",
        "watchlists/service_accounts.csv": b"value,note\n# none yet\nbot@example.com,x\n",
        "watchlists/thresholds.yml": b"many: {count: 2, timespan: 2h}\n",
    }
    for name in ("user_session_start", "user_lifecycle_create"):
        files[f"fixtures/events/okta/{name}.yml"] = (ROOT / "fixtures" / "events" / "okta" / f"{name}.yml").read_bytes()
    for backend in ("elastic", "opensearch", "sentinel", "splunk"):
        folder = ROOT / "backends" / backend
        (stored,) = yaml.safe_load_all((folder / "okta.yml").read_text())
        for item in stored["sources"]:
            item["fields"] = {name: facts for name, facts in item["fields"].items() if name in plain}
        files[f"backends/{backend}/okta.yml"] = _yaml(stored)
        main = yaml.safe_load((folder / "backend.yml").read_text())
        files[f"backends/{backend}/backend.yml"] = _yaml(main)
    return files


@cache
def own() -> dict[str, bytes]:
    """What a customer lays over that pack, by path."""
    rule = {**RULE, "name": "own", "id": "3f6f2b0e-6c1b-4a77-9f0e-2f6d0a0f9b14"}
    rule["casetrail"] = {**RULE["casetrail"], "level_reason": "Since."}
    quiet = {
        "title": "Quiet",
        "logsource": RULE["logsource"],
        "filter": {
            "rules": ["example"],
            "selection": {"actor.alternateId": "bot@example.com"},
            "condition": "not selection",
        },
    }
    settings = {
        "levels": {"example": "medium"},
        "disabled": {"many": "we travel"},
        "targets": {"elastic": {"stores": {"okta/okta": {"index": "own-*"}}, "clocks": {"interval": "10m"}}},
    }
    return {
        "casetrail.yml": _yaml(settings),
        "thresholds.yml": b"many: {count: 4}\n",
        "watchlists/service_accounts.csv": b"value,note\nbot@example.com,x\n",
        "filters/quiet.yml": _yaml(quiet),
        "rules/okta/own.yml": _yaml(rule),
        "fixtures/okta/own.yml": _yaml({**CASES, "rule": "own"}),
    }


def commands_on_pack(chance: Chance, folder: Path) -> list[list[str]]:
    """Commands on a pack of which a file or two are spoilt."""
    files = _spoilt(small(), chance)
    if chance.random() < 0.1:
        files = {path: content for path, content in files.items() if path.startswith("rules") or chance.random() < 0.8}
    return _commands(["--pack", _written(folder / "pack", files)], chance, folder)


def commands_on_overlay(chance: Chance, folder: Path) -> list[list[str]]:
    """Commands on a good pack under an overlay of which a file or two are spoilt."""
    pack = _written(folder / "pack", small())
    overlay = _written(folder / "overlay", _spoilt(own(), chance))
    return _commands(["--pack", pack, "--overlay", overlay], chance, folder)


def _spoilt(files: Mapping[str, bytes], chance: Chance) -> dict[str, bytes]:
    made = dict(files)
    weights = [4 if path.startswith(("rules", "fixtures/okta")) else 1 for path in files]
    for path in dict.fromkeys(chance.choices(list(files), weights, k=chance.choice((1, 1, 1, 2)))):
        made[path] = (bytes_spoilt if path.endswith(".csv") else yaml_spoilt)(made[path], chance)
    return made


def _written(folder: Path, files: Mapping[str, bytes]) -> str:
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    return str(folder)


def _commands(about: list[str], chance: Chance, folder: Path) -> list[list[str]]:
    out = str(folder / "out")
    target = chance.choice(("elastic", "opensearch", "sentinel", "splunk"))
    more = chance.choice(
        (
            ["test"],
            ["test", "--engine", "reference", "--junit", f"{out}.xml"],
            ["test", "--mutants", "example"],
            ["build", "-o", out, "--target", target],
            ["build", "-o", out],
            ["run", "-o", out],
            ["explain", "many", "--target", target],
            ["explain", "example", "--json"],
            ["list", "rules"],
            ["list", "watchlists"],
            ["list", "fields", "okta/okta"],
            ["hunt", str(ROOT / "examples" / "okta.ndjson")],
        )
    )
    check = ["check", *chance.choice(([], ["--json"], ["--sarif"], ["--github"], ["--gitlab"], ["--strict"], ["--fix"]))]
    return [[*about, *words] for words in (check, more)]


MADE: dict[str, Callable[[Chance, Path], list[list[str]]]] = {
    "logs": hunt_in_log,
    "pack": commands_on_pack,
    "overlay": commands_on_overlay,
}


# The child


def example(kind: str, seed: int, number: int, folder: Path) -> None:
    """One example. Raises Broken."""
    chance = random.Random(f"{seed}/{kind}/{number}")
    for words in MADE[kind](chance, folder):
        result = CliRunner().invoke(cli, words, prog_name="casetrail")
        error = result.exception
        if error is not None and not isinstance(error, SystemExit):
            told = "".join(traceback.format_exception(error, limit=-3))
            raise Broken(f"{' '.join(words[:3])}: {told}")
        if result.exit_code not in (0, 1, 2):
            raise Broken(f"{words}: exit code {result.exit_code}")
        if "Traceback" in result.output or (result.exit_code == 2 and not result.stderr.strip()):
            raise Broken(f"{words}: {result.output[-500:]}")


def guard(allowed: list[Path]) -> list[str]:
    """Note whatever is opened for writing, made, renamed or removed elsewhere."""
    strays: list[str] = []
    roots = tuple(str(path.resolve()) for path in allowed)

    def watch(event: str, args: tuple[Any, ...]) -> None:
        writes = event == "open" and isinstance(args[2], int) and args[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
        if event in ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "socket.connect", "socket.getaddrinfo"):
            strays.append(f"{event} {args}")
        elif writes or event in ("os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.symlink", "os.link", "os.truncate"):
            path = args[0]
            if isinstance(path, str | bytes | os.PathLike):
                text = os.path.abspath(os.fsdecode(path))
                if not text.startswith((*roots, "/dev/")) and not (event == "open" and text.endswith((".pyc", ".lock"))):
                    strays.append(f"{event} {text}")

    sys.addaudithook(watch)
    return strays


def most_memory() -> int:
    """Bytes that this process held at most. Linux counts what the process that started it held to its `ru_maxrss`."""
    status = Path("/proc/self/status")
    if status.exists():
        return next(int(line.split()[1]) * 1024 for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def child(kinds: list[str], seed: int, numbers: Iterator[int], work: Path, until: float) -> None:
    """Examples one after the other, each told before it begins and after it ended."""
    resource.setrlimit(resource.RLIMIT_AS, (6 * MEMORY, 6 * MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    faulthandler.register(signal.SIGPROF, chain=True)
    load = Context.load
    Context.load = lambda self: load(self) if self.pack_dir else shipped(None)  # type: ignore[method-assign]
    names()
    strays = guard([work])
    for number in numbers:
        for kind in kinds:
            if time.monotonic() > until:
                return
            folder = Path(tempfile.mkdtemp(dir=work, prefix=f"{kind}-{number}-"))
            began = time.process_time()
            print(json.dumps({"kind": kind, "number": number, "folder": str(folder)}), flush=True)
            signal.setitimer(signal.ITIMER_PROF, SECONDS)
            faulthandler.dump_traceback_later(PATIENCE, exit=True)
            broken = ""
            try:
                example(kind, seed, number, folder)
            except Broken as error:
                broken = str(error)
            faulthandler.cancel_dump_traceback_later()
            signal.setitimer(signal.ITIMER_PROF, 0)
            left = sorted(
                path.name for path in folder.parent.iterdir() if path != folder and path.name.startswith("casetrail-")
            )
            peak = most_memory()
            if strays or left:
                broken += f"\nwritten elsewhere: {strays[:3]} {left[:3]}"
                strays.clear()
            if peak > MEMORY:
                broken += f"\n{peak / MEMORY:.2f} GiB of memory"
            done = {"broken": broken, "took": round(time.process_time() - began, 2), "peak": peak}
            print(json.dumps(done), flush=True)
            if not broken:
                shutil.rmtree(folder)
            if peak > MEMORY:
                return


def fuzz(kinds: list[str], seed: int, examples: int, seconds: float, keep: Path, first: int = 0) -> dict[str, Any]:
    """Run examples in children, a new one after each that died. Gives figures, and what was broken."""
    until = time.monotonic() + seconds
    number, broken = first, list[dict[str, Any]]()
    report: dict[str, Any] = {"examples": 0, "slowest": 0.0, "peak": 0, "broken": broken}
    while number < first + examples and time.monotonic() < until and len(broken) < 200:
        work = Path(tempfile.mkdtemp(dir=keep, prefix="work-"))
        command = [sys.executable, "-m", "tests.hardness.fuzz", "--child", str(work), "--seed", str(seed)]
        command += ["--first", str(number), "--examples", str(first + examples - number)]
        command += [
            "--seconds",
            str(max(1.0, until - time.monotonic())),
            *(word for kind in kinds for word in ("--kind", kind)),
        ]
        places = {"TMPDIR": str(work), "HOME": str(work), "XDG_CACHE_HOME": str(work / _CACHE)}
        environment = {**os.environ, **places, "PYTHONDONTWRITEBYTECODE": "1"}
        path = os.pathsep.join([str(ROOT / "src"), str(ROOT)])
        done = subprocess.run(
            command, cwd=work, env={**environment, "PYTHONPATH": path}, capture_output=True, text=True, check=False
        )
        last: dict[str, Any] = {}
        for line in done.stdout.splitlines():
            told = json.loads(line)
            if "number" in told:
                last = told
                continue
            report["examples"] += 1
            report["slowest"] = max(report["slowest"], told["took"])
            report["peak"] = max(report["peak"], told["peak"])
            if told["broken"]:
                broken.append({**last, "why": told["broken"]})
            last = {**last, "done": True}
        number = last.get("number", number) + 1
        if done.returncode:
            broken.append({**last, "why": f"the process ended with {done.returncode}: {done.stderr[-3000:]}"})
        elif last and number < first + examples and time.monotonic() > until:
            break
        for path_left in () if done.returncode else work.iterdir():
            if not path_left.name.startswith((*KINDS, _CACHE)):
                broken.append({**last, "why": f"left behind: {path_left.name}"})
    return report


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=1e9)
    parser.add_argument("--examples", type=int, default=10**9)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kind", action="append", choices=KINDS)
    parser.add_argument("--keep", type=Path, default=Path(tempfile.gettempdir()) / "casetrail-fuzz")
    parser.add_argument("--child", type=Path)
    chosen = parser.parse_args()
    kinds = chosen.kind or list(KINDS)
    if chosen.child:
        numbers = iter(range(chosen.first, chosen.first + chosen.examples))
        child(kinds, chosen.seed, numbers, chosen.child, time.monotonic() + chosen.seconds)
        return
    chosen.keep.mkdir(parents=True, exist_ok=True)
    report = fuzz(kinds, chosen.seed, chosen.examples, chosen.seconds, chosen.keep, chosen.first)
    for each in report["broken"]:
        print(f"{each.get('kind')} {each.get('number')} in {each.get('folder')}\n{each['why']}\n")
    figures = f"{report['examples']} examples, {len(report['broken'])} broken"
    print(f"{figures}; slowest {report['slowest']:.1f} s of processor time, peak {report['peak'] / 1024 / 1024:.0f} MiB")
    sys.exit(1 if report["broken"] else 0)


if __name__ == "__main__":
    main()
