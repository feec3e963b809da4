"""An emulator that has loaded everything and serves nobody: each connection to its socket makes a fork of it that does.

To load the emulator takes two seconds of processor time, a fork of it none. A fork writes its port as the first line,
after it a line for every call, and ends with its connection.
"""

import gc
import importlib.util
import os
import select
import signal
import socket
import sys
import threading

account = "123456789012"
with_policies = "MOTO_IAM_LOAD_MANAGED_POLICIES"
# What it is warmed by must leave nothing behind: it is reset afterwards.
warm_calls = {
    "ec2": ("DescribeVpcs", "2016-11-15"),
    "elasticloadbalancing": ("DescribeLoadBalancers", "2015-12-01"),
    "iam": ("ListRoles", "2010-05-08"),
    "sns": ("ListTopics", "2010-03-31"),
    "sts": ("GetCallerIdentity", "2011-06-15"),
}
warm_targets = {
    "ecs": "AmazonEC2ContainerServiceV20141113.ListClusters",
    "logs": "Logs_20140328.DescribeLogGroups",
    "secretsmanager": "secretsmanager.ListSecrets",
    "sqs": "AmazonSQS.ListQueues",
}


def main(path):
    if importlib.util.find_spec("moto") is None:
        return
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen(64)
    print("listening", flush=True)
    application = load()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    # Whoever started it holds the other end of its input.
    while 0 not in select.select([0, listener], [], [])[0]:
        connection, _ = listener.accept()
        if os.fork() == 0:
            listener.close()
            serve(application, connection)
        connection.close()


def load():
    from moto.iam.models import iam_backends
    from moto.server import DomainDispatcherApplication, create_backend_app
    from moto.utilities.utils import PARTITION_NAMES
    from werkzeug.test import Client

    # Thousands that AWS has made for everybody: once is enough, after the reset.
    os.environ[with_policies] = "false"
    application = DomainDispatcherApplication(create_backend_app)
    application.debug = True
    client = Client(application)
    for service, (action, version) in warm_calls.items():
        form = {"Action": action, "Version": version}
        client.post("/", data=form, headers=signed_for(service))
    for service, target in warm_targets.items():
        client.post("/", data="{}", headers={**signed_for(service), "X-Amz-Target": target})
    client.get("/", headers=signed_for("s3"))
    client.post("/moto-api/reset")
    os.environ[with_policies] = "true"
    for partition in PARTITION_NAMES:
        iam_backends[account][partition]
    gc.collect()
    gc.freeze()
    return application


def signed_for(service):
    scope = f"{account}/20200101/us-east-1/{service}/aws4_request"
    return {
        "Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=none",
        "Host": "127.0.0.1",
    }


def serve(application, connection):
    import random

    from moto.moto_api._internal import mock_random
    from werkzeug.serving import make_server

    # Two forks must not give the same ids.
    random.seed()
    mock_random.seed()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    wanted = int(connection.makefile().readline())
    for descriptor in (0, 1, 2):
        os.dup2(connection.fileno(), descriptor)
    threading.Thread(target=end_with, args=(0,), daemon=True).start()
    try:
        server = make_server("127.0.0.1", wanted, application, threaded=True)
        os.environ["MOTO_PORT"] = str(server.server_port)
        os.write(1, f"{server.server_port}\n".encode())
        server.serve_forever()
    except BaseException as error:
        print(error, flush=True)
    finally:
        os._exit(1)


def end_with(descriptor):
    """Whoever holds the other end lets go of it by ending, however that comes about."""
    try:
        while os.read(descriptor, 1024):
            pass
    finally:
        os._exit(0)


main(sys.argv[1])
