"""Runs a program in a terminal of its own and types: the given text at each given question, Enter at all others."""

import fcntl
import json
import os
import pty
import re
import select
import struct
import sys
import termios
import time

SECONDS_OF_SILENCE = 0.5
SECONDS_AT_MOST = 120

script = json.loads(sys.argv[1])
process, terminal = pty.fork()
if process == 0:
    fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 160, 0, 0))
    os.execv(sys.argv[2], sys.argv[2:])

output = ""
unanswered = ""
started = heard = time.monotonic()
while time.monotonic() - started < SECONDS_AT_MOST:
    if select.select([terminal], [], [], 0.1)[0]:
        try:
            text = os.read(terminal, 65536).decode("utf-8", "replace")
        except OSError:  # the program has ended
            break
        text = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", text)
        output += text
        unanswered += text
        heard = time.monotonic()
    elif unanswered.strip() and time.monotonic() - heard > SECONDS_OF_SILENCE:
        question = next((step for step in script if step[0] in unanswered), None)
        if question is not None:
            script.remove(question)
        os.write(terminal, (question[1] if question else "\r").encode())
        unanswered = ""
        heard = time.monotonic()
print(output)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]))
