#!/usr/bin/env python3
"""Expected outputs of the golden programs, from the reference implementation.

The reference is the PyPI package `squirrel-lang-sq305` (Squirrel 3.0.5 with 32-bit integers and floats); run this
script with a Python that has it.

    oracle.py FILE...              print the expected output of each program
    oracle.py --write FILE|DIR...  write it to the `.out` beside each program
    oracle.py --check FILE|DIR...  report every `.out` that differs; exit status 1 if any does
    oracle.py --serve              answer requests on standard input, for the differential fuzzer (`it/differential`)

Directories are searched for `*.nut`. Folders named `regressions` are left out: the reference crashes, hangs or is
wrong there, and their `.out` files are written by hand.

The format: what the program prints, byte for byte. If it ends in an uncaught error, a line `! MESSAGE` follows (on a
line of its own even if the program's last line is not finished). For the programs in `compile-errors` the whole output
is one line `LINE:COLUMN TEXT`.

A request of `--serve` is a line `run BYTES` or `compile BYTES` and then a program of so many bytes. The answer is a line
`verdict BYTES` and then what the `.out` would have (nothing for a program that was to be compiled, and does), or
`none BYTES` and then why the reference gave no verdict. Each program has a process of its own, made by `fork`.
"""

import argparse
import concurrent.futures
import ctypes
import os
import pathlib
import re
import resource
import signal
import subprocess
import sys
import tempfile

TIME_LIMIT = 60  # seconds for one program
SERVE_TIME_LIMIT = 5  # the same with `--serve`, where programs are small
NO_PROGRAM = 3  # exit status of a child whose program does not compile
SERVE_MEMORY_LIMIT = 2 << 30  # bytes
COMPILE_ERROR = re.compile(rb"desc:(.*)\nsource:.*\nline:(-?\d+)\ncolumn:(-?\d+)")
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
        found = COMPILE_ERROR.search(done.stderr)
        if not found:
            raise OracleFailure(f"it compiles, or the reference died (exit status {done.returncode})")
        return b"%s:%s %s\n" % (found[2], found[3], found[1])
    with tempfile.TemporaryDirectory() as folder:
        report = pathlib.Path(folder, "report")
        done = spawn("--child", path, report)
        if done.returncode != 0:
            tail = done.stderr.decode("utf-8", "replace").strip().splitlines()[-4:]
            raise OracleFailure(f"exit status {done.returncode}: {' / '.join(tail)}")
        return joined(done.stdout, report.read_bytes() if report.exists() else b"")


def joined(output, report):
    """What a program printed, and the report of its uncaught error on a line of its own."""
    output = BANNER.sub(b"", output)
    if report and output and not output.endswith(b"\n"):
        output += b"\n"
    return output + report


def run_in_fork(squirrel, text, report):
    try:
        squirrel.SQVM().execute(text)
    except UnicodeDecodeError as error:  # a message that is not UTF-8: the bytes are in the exception
        report.write(b"! " + error.object + b"\n")
    except RuntimeError as error:
        report.write(b"! " + str(error).encode("utf-8") + b"\n")
    report.flush()


def verdict_in_fork(squirrel, kind, source):
    """What the reference says to one program, asked in a child process, since it may die."""
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors, tempfile.TemporaryFile() as report:
        process = os.fork()
        if process == 0:
            status = 1
            try:
                signal.signal(signal.SIGALRM, signal.SIG_DFL)
                signal.alarm(SERVE_TIME_LIMIT)
                resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
                resource.setrlimit(resource.RLIMIT_AS, (SERVE_MEMORY_LIMIT, SERVE_MEMORY_LIMIT))
                resource.setrlimit(resource.RLIMIT_FSIZE, (64 << 20, 64 << 20))
                os.dup2(output.fileno(), 1)
                os.dup2(errors.fileno(), 2)
                text = source.decode("utf-8")
                try:
                    squirrel.compile(text, "source")  # it describes an error on stderr
                except ValueError:
                    status = NO_PROGRAM
                else:
                    if kind == b"run":
                        run_in_fork(squirrel, text, report)
                    status = 0
                sys.stdout.flush()
                ctypes.CDLL(None).fflush(None)
            finally:
                os._exit(status)
        _, status = os.waitpid(process, 0)
        for file in (output, errors, report):
            file.seek(0)
        if os.waitstatus_to_exitcode(status) == NO_PROGRAM:
            found = COMPILE_ERROR.search(errors.read())
            return b"%s:%s %s\n" % (found[2], found[3], found[1])
        if status != 0:
            raise OracleFailure(f"wait status {status}")
        return joined(output.read(), report.read())


def serve():
    import squirrel

    while request := sys.stdin.buffer.readline():
        kind, length = request.split()
        source = sys.stdin.buffer.read(int(length))
        try:
            word, answer = b"verdict", verdict_in_fork(squirrel, kind, source)
        except OracleFailure as failure:
            word, answer = b"none", str(failure).encode()
        sys.stdout.buffer.write(b"%s %d\n%s" % (word, len(answer), answer))
        sys.stdout.buffer.flush()


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
    mode.add_argument("--serve", action="store_true", help="answer requests on standard input")
    mode.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    mode.add_argument("--compile-child", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("paths", nargs="*", metavar="FILE|DIR")
    options = parser.parse_args()
    if options.serve:
        return serve()
    if not options.paths:
        parser.error("which programs?")
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
