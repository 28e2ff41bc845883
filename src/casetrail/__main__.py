"""`python -m casetrail`."""

from casetrail.cli.main import main

if __name__ == "__main__":
    main()
