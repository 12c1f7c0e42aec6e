"""im-logic over gRPC (`specs/logic.proto`): the process that posts messages, and what gateways reach it by.

gRPC's own threads wait in C; this makes them wait as greenlets do, in whatever process imports the package.
"""

from grpc.experimental import gevent as grpc_gevent

grpc_gevent.init_gevent()
