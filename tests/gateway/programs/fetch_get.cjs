fetch("https://pay-api.amazon.com/sandbox/v2/charges/1")
  .then((answer) => answer.text())
  .then(console.log);
