package io.maru.cli;

import io.maru.cli.stack.Ports;
import picocli.CommandLine.Option;

/** Where a stack that is not running yet is to listen. */
final class PortOption {
    @Option(
            names = "--port-base",
            paramLabel = "N",
            defaultValue = "7100",
            description = "The first port: control N, ingestion N+1, tokenization N+2, training N+3, checkpoint N+4, "
                    + "evaluation N+5, inference N+6, PostgreSQL N+32, S3 N+90, Kafka N+92 (default: 7100).")
    int portBase;

    Ports ports() {
        return new Ports(portBase);
    }
}
