/** KCL-style worker for Kinesis streams. */
export {};
