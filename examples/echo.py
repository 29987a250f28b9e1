"""Write the text given as the first argument, byte for byte, to echo.txt in the second."""

import os
import sys
from pathlib import Path


def main() -> None:
    """Run the program."""
    _, text, output_dir = sys.argv  # no option parser: the text may look like an option
    product = Path(output_dir).absolute() / "echo.txt"
    product.write_bytes(os.fsencode(text))
    print(f"ARTIFACT:echo:{product}")


if __name__ == "__main__":
    main()
