// Runs a function of Node.js by the Lambda Runtime API: takes events one after another, and answers or names the error.
//
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
// https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html
// https://docs.aws.amazon.com/lambda/latest/dg/nodejs-context.html

import fs from "node:fs";
import http from "node:http";
import path from "node:path";
import { pathToFileURL } from "node:url";
import util from "node:util";

const API = "/2018-06-01/runtime";
const [host, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(":");
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
const EXTENSIONS = ["", ".js", ".mjs", ".cjs"];

let requestId = "";
// The invocation that is to be answered; undefined between invocations.
let open;
let answering = Promise.resolve();
let handler;

class RuntimeError extends Error {
  constructor(name, message) {
    super(message);
    this.name = name;
  }
}

function call(method, target, headers = {}, body = undefined) {
  return new Promise((resolve, reject) => {
    const request = http.request({ host, port, method, path: API + target, headers, agent }, (response) => {
      const blocks = [];
      response.on("data", (block) => blocks.push(block));
      response.on("end", () => resolve({ headers: response.headers, body: Buffer.concat(blocks).toString("utf8") }));
      response.on("error", reject);
    });
    request.on("error", reject);
    request.end(body);
  });
}

function described(error) {
  if (!util.types.isNativeError(error)) {
    return { errorType: typeof error, errorMessage: String(error), trace: [] };
  }
  const trace = (error.stack || "").split("\n");
  return { errorType: error.name, errorMessage: error.message, trace };
}

function write(error) {
  const details = described(error);
  const body = JSON.stringify(details);
  process.stdout.write(`${new Date().toISOString()}\t${requestId}\tERROR\tInvoke Error \t${body}\n`);
  return { details, body };
}

function report(target, error) {
  const { details, body } = write(error);
  const headers = { "Lambda-Runtime-Function-Error-Type": encodeURIComponent(details.errorType) };
  return call("POST", target, { ...headers, "Content-Type": "application/json" }, body);
}

// Lines of the console have the time, the request and the level before them.
function prefixConsole() {
  const levels = { log: "INFO", info: "INFO", debug: "DEBUG", warn: "WARN", error: "ERROR", trace: "TRACE" };
  for (const [name, level] of Object.entries(levels)) {
    console[name] = (...values) => {
      const text = util.format(...values).replace(/\n/g, "\r");
      process.stdout.write(`${new Date().toISOString()}\t${requestId}\t${level}\t${text}\n`);
    };
  }
}

function moduleFile(name) {
  const file = EXTENSIONS.map((extension) => path.resolve(process.env.LAMBDA_TASK_ROOT, name + extension)).find(
    (each) => fs.statSync(each, { throwIfNoEntry: false })?.isFile(),
  );
  if (file === undefined) {
    throw new RuntimeError("Runtime.ImportModuleError", `Error: Cannot find module '${path.basename(name)}'`);
  }
  return file;
}

async function imported(file) {
  try {
    return await import(pathToFileURL(file));
  } catch (error) {
    if (error instanceof SyntaxError) {
      throw new RuntimeError("Runtime.UserCodeSyntaxError", `SyntaxError: ${error.message}`);
    }
    if (["MODULE_NOT_FOUND", "ERR_MODULE_NOT_FOUND"].includes(error?.code)) {
      throw new RuntimeError("Runtime.ImportModuleError", `Error: ${error.message}`);
    }
    throw error;
  }
}

// `folder/index.nested.handler`: the module, and what it exports.
async function handlerOf(handler) {
  const folder = path.dirname(handler);
  const [module, ...names] = path.basename(handler).split(".");
  if (module === "" || names.length === 0) {
    throw new RuntimeError("Runtime.MalformedHandlerName", "Bad handler");
  }
  const exports = await imported(moduleFile(path.join(folder, module)));
  const inside = (object) => names.reduce((each, name) => each?.[name], object);
  const value = inside(exports) ?? inside(exports.default);
  if (typeof value !== "function") {
    throw new RuntimeError("Runtime.HandlerNotFound", `${handler} is undefined or not exported`);
  }
  return value;
}

function contextOf(headers) {
  const deadline = Number(headers["lambda-runtime-deadline-ms"]);
  const json = (name) => (headers[name] ? JSON.parse(headers[name]) : undefined);
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
    clientContext: json("lambda-runtime-client-context"),
    identity: json("lambda-runtime-cognito-identity"),
    invokedFunctionArn: headers["lambda-runtime-invoked-function-arn"],
    awsRequestId: requestId,
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
  };
}

// What the handler answers: by its promise, by the callback, or null where nothing is left that could.
function outcome(handler, event, context) {
  return new Promise((resolve, reject) => {
    const emptied = () => resolve(null);
    process.once("beforeExit", emptied);
    const settle = (error, value) => {
      process.off("beforeExit", emptied);
      const end = error === null || error === undefined ? () => resolve(value) : () => reject(error);
      if (context.callbackWaitsForEmptyEventLoop) {
        process.once("beforeExit", end);
      } else {
        end();
      }
    };
    Object.assign(context, {
      succeed: (value) => settle(null, value),
      fail: (error) => settle(error ?? "handled"),
      done: settle,
    });
    const answer = handler(event, context, settle);
    if (typeof answer?.then === "function") {
      answer.then(resolve, reject).finally(() => process.off("beforeExit", emptied));
    }
  });
}

// An answer closes its invocation: what fails later is not of it any more.
function answer(send) {
  open = undefined;
  answering = send();
  return answering;
}

async function serve(handler) {
  const next = await call("GET", "/invocation/next");
  requestId = next.headers["lambda-runtime-aws-request-id"];
  process.env._X_AMZN_TRACE_ID = next.headers["lambda-runtime-trace-id"] ?? "";
  const target = `/invocation/${requestId}`;
  open = target;
  try {
    const value = await outcome(handler, JSON.parse(next.body), contextOf(next.headers));
    const body = JSON.stringify(value === undefined ? null : value);
    await answer(() => call("POST", `${target}/response`, { "Content-Type": "application/json" }, body ?? "null"));
  } catch (error) {
    await answer(() => report(`${target}/error`, error));
  }
}

// What nobody caught ends the process; the invocation fails by its name. Between invocations there is none to fail, and
// a report would wait behind the request for the next one: the log has the error.
async function end(error) {
  if (handler === undefined || open !== undefined) {
    await report(open === undefined ? "/init/error" : `${open}/error`, error);
  } else {
    write(error);
    await answering;
  }
  process.exit(1);
}

prefixConsole();
process.on("uncaughtException", end);
process.on("unhandledRejection", (reason) =>
  end(new RuntimeError("Runtime.UnhandledPromiseRejection", `${reason?.name ?? "Error"}: ${reason?.message ?? reason}`)),
);
try {
  handler = await handlerOf(process.env._HANDLER);
} catch (error) {
  await report("/init/error", error);
  process.exit(1);
}
for (;;) {
  await serve(handler);
}
