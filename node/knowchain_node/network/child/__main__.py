"""``python -m knowchain_node.network.child FD PARENT``: the child process."""

import sys

from knowchain_node.network.child.process import become_child

if __name__ == "__main__":
    become_child(int(sys.argv[1]), int(sys.argv[2]))
