import { realEngine } from "./real-engine.ts";
import { storeContract } from "./store.contract.ts";

const { name, make, isThere } = realEngine();

storeContract(`DynamoDB on ${name}`, make, isThere());
