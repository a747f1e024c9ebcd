"""`python -m service` is the same as `slm-judge`."""

from service.cli.commands import main

if __name__ == "__main__":
    main()
