import { setTimeout as sleep } from "node:timers/promises";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { S3Client } from "@aws-sdk/client-s3";
import {
  DescribeExecutionCommand,
  GetExecutionHistoryCommand,
  SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
} from "@aws-sdk/client-sfn";
import {
  ListQueuesCommand,
  SendMessageCommand,
  SetQueueAttributesCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import type { Table } from "../../lambda/shared/table.ts";
import { clientSettings, type LocalAws } from "../../local/local-aws.ts";
import type { Ended } from "../../local/release.ts";
import type { Repository } from "../../tools/repository.ts";
import type { Injector } from "./injector.ts";

/** Seconds. What takes longer hangs. */
const LONGEST_EXECUTION = 150;
/** Seconds after which a record that failed is tried again, as deployed, and here, where it would only be waited for. */
const VISIBILITY = { deployed: 75, here: 4 };

/** Once a second, for as long as a restart may take. */
const MOST_TRIES = 60;

/** A local AWS with a product that builds in no time, and the faults that can be put into it. */
export interface Place {
  local: LocalAws;
  injector: Injector;
  /** The product, its platforms, and how many of its versions get patches. */
  cmd: string;
  repository: Repository;
  platforms: string[];
  bases: number;
  /** Stops and starts the local AWS in good order; missing where others use it too. */
  restart?: () => Promise<void>;
}

/** What the harness does there. */
export class World {
  readonly place: Place;
  readonly s3: S3Client;
  readonly table: Table;
  private readonly steps: SFNClient;
  private readonly sqs: SQSClient;

  constructor(place: Place) {
    this.place = place;
    const options = clientSettings(place.local);
    this.steps = new SFNClient(options);
    this.sqs = new SQSClient(options);
    this.s3 = new S3Client(options);
    this.table = {
      name: place.local.table,
      documents: DynamoDBDocumentClient.from(new DynamoDBClient(options)),
    };
  }

  async begin(): Promise<void> {
    await this.setVisibility(VISIBILITY.here);
  }

  async end(): Promise<void> {
    this.place.injector.clear();
    await this.setVisibility(VISIBILITY.deployed);
  }

  /** @returns the execution's ARN */
  async release(tag: string): Promise<string> {
    const { cmd, local } = this.place;
    const input = JSON.stringify({ cmd, tag });
    const started = await answered(() =>
      this.steps.send(new StartExecutionCommand({ stateMachineArn: local.releaseMachineArn, input })),
    );
    return started.executionArn ?? "";
  }

  /** Starts the promote machine. @returns the execution's ARN */
  async promote(input: object, name: string): Promise<string> {
    const { cmd, local } = this.place;
    const started = await answered(() =>
      this.steps.send(
        new StartExecutionCommand({
          stateMachineArn: local.promoteMachineArn,
          name,
          input: JSON.stringify({ cmd, ...input }),
        }),
      ),
    );
    return started.executionArn ?? "";
  }

  /** Waits for an execution's end; one that hangs is stopped. */
  async endOf(executionArn: string): Promise<Ended> {
    const deadline = Date.now() + LONGEST_EXECUTION * 1000;
    for (;;) {
      const { status, output, error, cause } = await this.describe(executionArn);
      if (status !== undefined && status !== "RUNNING") return { status, output, error, cause };
      if (Date.now() > deadline) await this.stop(executionArn, "it hangs");
      await sleep(200);
    }
  }

  private describe(executionArn: string) {
    return answered(() => this.steps.send(new DescribeExecutionCommand({ executionArn })));
  }

  /** @returns whether it was running */
  async stop(executionArn: string, cause: string): Promise<boolean> {
    const { status } = await this.describe(executionArn);
    if (status !== "RUNNING") return false;
    await answered(() => this.steps.send(new StopExecutionCommand({ executionArn, cause })));
    return true;
  }

  async hasEntered(executionArn: string, state: string): Promise<boolean> {
    const { events = [] } = await answered(() =>
      this.steps.send(new GetExecutionHistoryCommand({ executionArn, reverseOrder: true, maxResults: 100 })),
    );
    return events.some(({ stateEnteredEventDetails: entered }) => entered?.name === state);
  }

  /** Puts an event of S3 into the record queue once more. */
  async sendToRecorder(message: unknown): Promise<void> {
    await this.sqs.send(
      new SendMessageCommand({ QueueUrl: await this.recordQueue(), MessageBody: JSON.stringify(message) }),
    );
  }

  async restart(): Promise<void> {
    await this.place.restart?.();
    await this.begin();
  }

  private async setVisibility(seconds: number): Promise<void> {
    const QueueUrl = await this.recordQueue();
    const Attributes = { VisibilityTimeout: String(seconds) };
    await this.sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes }));
  }

  private async recordQueue(): Promise<string> {
    const { QueueUrls = [] } = await this.sqs.send(new ListQueuesCommand());
    const url = QueueUrls.find((one) => /RecordQueue(?!.*DeadLetters)/.test(one));
    if (url === undefined) throw new Error(`no record queue among ${QueueUrls.join(", ")}`);
    return url;
  }
}

/** The harness itself waits while the local AWS is stopped and started. */
async function answered<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
  for (let tries = 1; ; tries++) {
    try {
      return await ask();
    } catch (error) {
      if (tries >= MOST_TRIES || (error as { $response?: unknown }).$response !== undefined) throw error;
      await sleep(1000);
    }
  }
}
