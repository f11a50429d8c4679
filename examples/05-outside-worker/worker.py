"""Runs the tasks of one queue: python worker.py QUEUE_URL (needs boto3; TUTTI_TABLE names the table)."""
import gzip
import json
import os
import sys
import threading

import boto3

sqs = boto3.client("sqs")


def count_words(text):
    if text == "":
        raise ValueError("there is no text")
    return len(text.split())


TASKS = {"count-words": count_words}


def arguments(task):
    """The arguments: in the message, or in items of the table when they are too large for it."""
    if "args" in task:
        return task["args"]
    stored = task["storedArgs"]
    table = boto3.resource("dynamodb").Table(os.environ["TUTTI_TABLE"])
    items = [table.get_item(Key={"pk": stored["pk"], "sk": sk}, ConsistentRead=True)["Item"] for sk in stored["sk"]]
    if stored["encoding"] == "text":
        return json.loads(items[0]["text"])
    return json.loads(gzip.decompress(b"".join(item["data"].value for item in items)))


def report(task, **said):
    body = {"tutti": 1, "type": "report", "token": task["token"], **said}
    sqs.send_message(QueueUrl=task["reportQueueUrl"], MessageBody=json.dumps(body))


def keep_alive(task, queue_url, receipt, ended):
    """Until the task has ended: the deadline moves, and the message stays hidden from other workers."""
    while not ended.wait(task["timeoutSeconds"] / 3):
        report(task, status="heartbeat")
        sqs.change_message_visibility(QueueUrl=queue_url, ReceiptHandle=receipt, VisibilityTimeout=60)


def run(task, queue_url, receipt):
    ended = threading.Event()
    threading.Thread(target=keep_alive, args=(task, queue_url, receipt, ended), daemon=True).start()
    try:
        result = TASKS[task["task"]](*arguments(task))
    except Exception as error:
        ended.set()
        report(task, status="failed", error={"name": type(error).__name__, "message": str(error)})
    else:
        ended.set()
        report(task, status="succeeded", result=result)


def main(queue_url):
    while True:
        received = sqs.receive_message(QueueUrl=queue_url, WaitTimeSeconds=20, VisibilityTimeout=60)
        for message in received.get("Messages", []):
            run(json.loads(message["Body"]), queue_url, message["ReceiptHandle"])
            # Last: a worker that dies before this leaves the message to another one.
            sqs.delete_message(QueueUrl=queue_url, ReceiptHandle=message["ReceiptHandle"])


if __name__ == "__main__":
    main(sys.argv[1])
