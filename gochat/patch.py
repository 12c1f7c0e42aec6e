"""Monkey-patches the standard library for gevent; imported before anything else by what runs a server.

Nothing else in the project patches. Importing this module is the patch.
"""

from gevent import monkey

monkey.patch_all()
