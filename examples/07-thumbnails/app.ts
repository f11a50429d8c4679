import { App, Stack } from "aws-cdk-lib";
import { Bucket } from "aws-cdk-lib/aws-s3";
import { Tutti } from "tutti/cdk";

const stack = new Stack(new App(), "Thumbnails");
const tutti = new Tutti(stack, "Tutti", {
  tasks: "tasks.ts",
  queues: { default: { memoryMb: 1024, maxConcurrency: 200 } },
});
new Bucket(stack, "Photos").grantReadWrite(tutti.worker("default"));
