/** KPL-style producer for Kinesis streams. */
export {};
