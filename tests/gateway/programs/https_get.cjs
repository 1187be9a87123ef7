const https = require("node:https");
https.get("https://pay-api.amazon.com/sandbox/v2/charges/1", (answer) => {
  answer.on("data", (data) => console.log(String(data)));
});
