"""What the package promises, told in chapters in a Debian that has booted; tests/package/tell.py has their order."""
