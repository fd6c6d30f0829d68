// For tests: a Worker in place of the front of the control API, which fails with what it sees of the environment.

throw new Error(`sees ${Object.keys(process.env).length} variables`);
