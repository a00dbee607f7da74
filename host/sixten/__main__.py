"""python -m sixten"""

from sixten.cli import main

main()
