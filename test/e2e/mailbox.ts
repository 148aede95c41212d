import { SNSClient, SubscribeCommand, UnsubscribeCommand } from "@aws-sdk/client-sns";
import {
  CreateQueueCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { options } from "./setting.ts";

const sqs = new SQSClient(options);
const sns = new SNSClient(options);

export interface Mail {
  Subject: string;
  Message: string;
}

/** Somebody who subscribed to a topic. */
export class Mailbox {
  readonly #queue: string;
  readonly #subscription: string;
  readonly #read: Mail[] = [];

  private constructor(queue: string, subscription: string) {
    this.#queue = queue;
    this.#subscription = subscription;
  }

  static async subscribe(TopicArn: string): Promise<Mailbox> {
    const QueueName = `tester-${crypto.randomUUID()}`;
    const { QueueUrl = "" } = await sqs.send(
      new CreateQueueCommand({ QueueName, Attributes: { Policy: FROM_TOPICS } }),
    );
    const { Attributes } = await sqs.send(
      new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["QueueArn"] }),
    );
    const { SubscriptionArn = "" } = await sns.send(
      new SubscribeCommand({ TopicArn, Protocol: "sqs", Endpoint: Attributes?.["QueueArn"] }),
    );
    return new Mailbox(QueueUrl, SubscriptionArn);
  }

  /** All that has come since the subscription. Waits some seconds when nothing is there. */
  async mails(): Promise<Mail[]> {
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: this.#queue,
        WaitTimeSeconds: 2,
        MaxNumberOfMessages: 10,
        VisibilityTimeout: 600,
      }),
    );
    this.#read.push(...Messages.map(({ Body }) => JSON.parse(Body ?? "{}") as Mail));
    return this.#read;
  }

  async leave(): Promise<void> {
    await sns.send(new UnsubscribeCommand({ SubscriptionArn: this.#subscription }));
    await sqs.send(new DeleteQueueCommand({ QueueUrl: this.#queue }));
  }
}

const FROM_TOPICS = JSON.stringify({
  Version: "2012-10-17",
  Statement: [
    {
      Effect: "Allow",
      Principal: { Service: "sns.amazonaws.com" },
      Action: "sqs:SendMessage",
      Resource: "*",
    },
  ],
});
