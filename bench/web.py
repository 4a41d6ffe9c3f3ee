"""Starts the web server for the benchmark, or a bare one in its place when BENCH_BODY names a file to return."""

import os

from parley.cli.web import run_web

if __name__ == "__main__":
    run_web("bench.ceiling:create_app" if "BENCH_BODY" in os.environ else "parley.asgi:create_app")
