console.log(JSON.stringify({ tests: 12, failed: 0, seconds: 2.5 }));
