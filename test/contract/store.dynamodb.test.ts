import { dynoxideAvailable } from "../../local/dynoxide.ts";
import { makeDynoxideStore } from "./dynoxide-store.ts";
import { storeContract } from "./store.contract.ts";

storeContract("DynamoDB on dynoxide", makeDynoxideStore, dynoxideAvailable());
