// Its programs cannot start here, however often it is tried.
console.error("no browser found");
process.exitCode = 1;
