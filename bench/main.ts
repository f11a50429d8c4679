/** `npm run bench`: alone, beside other systems, or under kills. */
const args = process.argv.slice(2);
if (args.includes("--peers") || args.includes("--kills")) await import("./peers/main.ts");
else {
  if (args.includes("--help") || args.includes("-h"))
    process.stdout.write("npm run bench -- --peers and --kills are told of by npm run bench -- --peers --help\n\n");
  await import("./speed/main.ts");
}
