"""`python -m parley` starts the command line."""

import signal


def main() -> None:
    # While the libraries load there is nothing to put in order: Ctrl-C ends it, without a traceback.
    before = signal.getsignal(signal.SIGINT)
    if before is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from parley.cli.main import main as run  # noqa: PLC0415

    signal.signal(signal.SIGINT, before)
    run()


if __name__ == "__main__":
    main()
