# SPDX-License-Identifier: Apache-2.0
"""A `quell serve` of one's own, and plain requests to it."""
import http.client
import json
import re
import resource
import signal
import subprocess


class Server:
    def __init__(self, program, *options, limit_file=None):
        self.program = program
        limit = (lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit_file, limit_file))) if limit_file else None
        self.process = subprocess.Popen([program, "serve", "--port", "0", *options], stderr=subprocess.PIPE,
                                        stdout=subprocess.DEVNULL, preexec_fn=limit)
        told, found = "", None
        while not found:
            line = self.process.stderr.readline().decode()
            told += line
            found = re.search(r"http://(\S+?):(\d+)/(?:#token=(\w+))?", line)
            if not line:
                raise SystemExit("quell serve did not begin: " + told)
        self.host, self.port, self.token = found.group(1), int(found.group(2)), found.group(3)

    def __enter__(self):
        return self

    def __exit__(self, *what):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(20)

    def request(self, method, path, body=None, headers=None, timeout=60):
        """(status, headers, bytes)"""
        connection = http.client.HTTPConnection(self.host, self.port, timeout=timeout)
        headers = dict(headers or {})
        if body is not None and not isinstance(body, (bytes, str)):
            body = json.dumps(body)
        if body is not None:
            headers.setdefault("Content-Type", "application/json")
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read()
        finally:
            connection.close()

    def json(self, method, path, body=None, headers=None):
        status, _, data = self.request(method, path, body, headers)
        return status, json.loads(data)

    def command(self, *words):
        return subprocess.run([self.program, *words], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
