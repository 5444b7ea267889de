"""`python -m origin` is the command `origin`."""

from origin.cli.main import main

raise SystemExit(main())
