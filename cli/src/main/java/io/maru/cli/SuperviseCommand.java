package io.maru.cli;

import io.maru.cli.stack.Ports;
import io.maru.cli.stack.Supervisor;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The process that {@code maru up} leaves behind. */
@Command(name = "supervise", hidden = true)
final class SuperviseCommand implements Callable<Integer> {
    @Option(names = "--data", required = true)
    Path data;

    @Option(names = "--port-base", required = true)
    int portBase;

    @Override
    public Integer call() throws Exception {
        new Supervisor(CommonOptions.root(), data, new Ports(portBase)).run();
        return 0;
    }
}
