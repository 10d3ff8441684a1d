"""`python -m serving`: see `serving.cli`."""

from serving.cli import app

if __name__ == "__main__":
    app(prog_name="python -m serving")
