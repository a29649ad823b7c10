"""`python -m standalone_node.cli`, the same as `node-fit`."""

from standalone_node.cli.main import main

if __name__ == "__main__":
    main()
