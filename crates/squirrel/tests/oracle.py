#!/usr/bin/env python3
"""Expected outputs of the golden programs, from the reference implementation.

The reference is the PyPI package `squirrel-lang-sq305` (Squirrel 3.0.5 with 32-bit integers and floats); run this
script with a Python that has it.

    oracle.py FILE...              print the expected output of each program
    oracle.py --write FILE|DIR...  write it to the `.out` beside each program
    oracle.py --check FILE|DIR...  report every `.out` that differs; exit status 1 if any does

Directories are searched for `*.nut`. Folders named `regressions` are left out: the reference crashes, hangs or is
wrong there, and their `.out` files are written by hand.

The format: what the program prints, byte for byte. If it ends in an uncaught error, a line `! MESSAGE` follows (on a
line of its own even if the program's last line is not finished). For the programs in `compile-errors` the whole output
is one line `LINE:COLUMN TEXT`.
"""

import argparse
import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys
import tempfile

TIME_LIMIT = 60  # seconds for one program
BANNER = re.compile(rb"Time difference = \d+\[ms\]\n\Z")  # the module's farewell


class OracleFailure(Exception):
    """The reference gave no verdict: it died, hung, or could not compile the program."""


def child(path, report):
    """In the child process: run one program, and write the message of its uncaught error to the file `report`."""
    import squirrel

    try:
        squirrel.SQVM().execute(pathlib.Path(path).read_bytes().decode("utf-8"))
    except UnicodeDecodeError as error:  # a message that is not UTF-8: the bytes are in the exception
        message = error.object
    except RuntimeError as error:
        message = str(error).encode("utf-8")
    else:
        return
    pathlib.Path(report).write_bytes(b"! " + message + b"\n")


def compile_child(path):
    """In the child process: compile one program; the module describes an error on stderr."""
    import squirrel

    try:
        squirrel.compile(pathlib.Path(path).read_bytes().decode("utf-8"), "source")
    except ValueError:
        pass


def spawn(*arguments):
    try:
        return subprocess.run(
            [sys.executable, os.path.abspath(__file__), *map(str, arguments)],
            stdin=subprocess.DEVNULL, capture_output=True, timeout=TIME_LIMIT,
        )
    except subprocess.TimeoutExpired:
        raise OracleFailure("no end within the time limit") from None


def expected(path):
    """The content of the `.out` file of the program at `path`."""
    if path.parent.name == "compile-errors":
        done = spawn("--compile-child", path)
        found = re.search(rb"desc:(.*)\nsource:.*\nline:(-?\d+)\ncolumn:(-?\d+)", done.stderr)
        if not found:
            raise OracleFailure(f"it compiles, or the reference died (exit status {done.returncode})")
        return b"%s:%s %s\n" % (found[2], found[3], found[1])
    with tempfile.TemporaryDirectory() as folder:
        report = pathlib.Path(folder, "report")
        done = spawn("--child", path, report)
        if done.returncode != 0:
            tail = done.stderr.decode("utf-8", "replace").strip().splitlines()[-4:]
            raise OracleFailure(f"exit status {done.returncode}: {' / '.join(tail)}")
        output = BANNER.sub(b"", done.stdout)
        if report.exists():
            if output and not output.endswith(b"\n"):
                output += b"\n"
            output += report.read_bytes()
        return output


def programs(paths):
    for path in map(pathlib.Path, paths):
        if path.is_dir():
            yield from (p for p in sorted(path.rglob("*.nut")) if "regressions" not in p.parts)
        else:
            yield path


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--write", action="store_true", help="write the .out files")
    mode.add_argument("--check", action="store_true", help="compare with the .out files")
    mode.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    mode.add_argument("--compile-child", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("paths", nargs="+", metavar="FILE|DIR")
    options = parser.parse_args()
    if options.child:
        return child(*options.paths)
    if options.compile_child:
        return compile_child(*options.paths)

    def verdict(path):
        try:
            return path, expected(path), None
        except OracleFailure as failure:
            return path, None, str(failure)

    bad = count = 0
    with concurrent.futures.ThreadPoolExecutor() as pool:
        for path, output, failure in pool.map(verdict, programs(options.paths)):
            count += 1
            out = path.with_suffix(".out")
            if failure:
                print(f"{path}: {failure}", file=sys.stderr)
                bad += 1
            elif options.write:
                out.write_bytes(output)
            elif options.check:
                if not out.exists() or out.read_bytes() != output:
                    print(f"{path}: {'differs' if out.exists() else 'has no .out'}")
                    bad += 1
            else:
                sys.stdout.buffer.write(output)
    if options.check or options.write:
        print(f"{count} programs, {bad} bad")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
