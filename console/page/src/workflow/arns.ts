// The ARNs of executions: that of an execution follows from its state machine's and its name.

const executionsOf = (machine: string) => machine.replace(":stateMachine:", ":execution:");

export function executionArn(machine: string, name: string): string {
  return `${executionsOf(machine)}:${name}`;
}

/** Whether an ARN is that of an execution of a state machine, or of a child of one, whose ARN names the Map after the machine. */
export function isOf(machine: string, execution: string): boolean {
  const prefix = executionsOf(machine);
  return execution.startsWith(`${prefix}:`) || execution.startsWith(`${prefix}/`);
}
