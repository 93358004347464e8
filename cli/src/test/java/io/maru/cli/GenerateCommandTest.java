package io.maru.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.maru.inference.v1.GenerateRequest;
import io.maru.inference.v1.GenerateResponse;
import io.maru.inference.v1.InferenceServiceGrpc;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GenerateCommandTest {
    private static final int INFERENCE_OFFSET = 6;
    private static final int FITTING = 4;

    @TempDir
    Path data;

    private final List<GenerateRequest> requests = new ArrayList<>();
    private final PrintStream realOut = System.out;
    private final PrintStream realErr = System.err;
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private Server server;

    @BeforeEach
    void start() throws Exception {
        server = NettyServerBuilder.forAddress(new InetSocketAddress("127.0.0.1", 0))
                .addService(new OneTokenForEachWord())
                .build()
                .start();
        // Nobody waits for the services of a stack whose supervisor is gone.
        Files.writeString(
                data.resolve("stack.json"), """
                {"firstPort": %s, "processes": [],
                 "supervisor": {"name": "supervisor", "pid": 1, "start": "gone", "port": 0, "restarts": 0}}
                """.replace("%s", Integer.toString(server.getPort() - INFERENCE_OFFSET)));
        System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
        System.setErr(new PrintStream(err, true, StandardCharsets.UTF_8));
    }

    @AfterEach
    void stop() throws InterruptedException {
        System.setOut(realOut);
        System.setErr(realErr);
        server.shutdownNow().awaitTermination();
    }

    @Test
    void aPromptThatIsTooLongIsRefusedWithoutAWordOfText() {
        int code = generate("one two three four five six");

        assertThat(code).isEqualTo(CommandFailure.BAD_INPUT);
        assertThat(requests).singleElement().matches(request -> !request.getTruncatePrompt());
        assertThat(err.toString(StandardCharsets.UTF_8)).contains("prompt: 6 tokens (expected: at most 4)");
        assertThat(out.toString(StandardCharsets.UTF_8)).doesNotContain("one two");
    }

    @Test
    void whoAsksForItLosesTheFirstTokensAndIsTold() {
        int code = generate("one two three four five six", "--truncate-prompt");

        assertThat(code).isZero();
        assertThat(requests).singleElement().matches(GenerateRequest::getTruncatePrompt);
        assertThat(out.toString(StandardCharsets.UTF_8))
                .contains("one two three four five six and on")
                .contains("the first 2 tokens of the prompt do not fit and are left out");
    }

    @Test
    void aProgramFindsTheCountInTheLastLine() throws Exception {
        generate("one two three four five six", "--truncate-prompt", "--json");

        JsonNode result = new ObjectMapper().readTree(out.toString(StandardCharsets.UTF_8));
        assertThat(result.path("truncated_tokens").asInt()).isEqualTo(2);
        assertThat(result.path("prompt_tokens").asInt()).isEqualTo(FITTING);
        assertThat(result.path("text").asText()).isEqualTo(" and on");
    }

    private int generate(String prompt, String... options) {
        List<String> arguments = new ArrayList<>(List.of("generate", "models/tales", prompt));
        arguments.addAll(List.of(options));
        arguments.addAll(List.of("--data", data.toString()));
        return Maru.execute(arguments.toArray(String[]::new));
    }

    /** Inference with a context of five tokens. */
    private final class OneTokenForEachWord extends InferenceServiceGrpc.InferenceServiceImplBase {
        @Override
        public void generate(GenerateRequest request, StreamObserver<GenerateResponse> answers) {
            requests.add(request);
            int tokens = request.getPrompt().split(" ").length;
            if (tokens > FITTING && !request.getTruncatePrompt()) {
                answers.onError(Status.INVALID_ARGUMENT
                        .withDescription("prompt: " + tokens + " tokens (expected: at most " + FITTING + ")")
                        .asRuntimeException());
                return;
            }
            answers.onNext(GenerateResponse.newBuilder()
                    .setText(" and on")
                    .setTokenId(7)
                    .build());
            answers.onNext(GenerateResponse.newBuilder()
                    .setFinishReason(GenerateResponse.FinishReason.LENGTH)
                    .setPromptTokens(Math.min(tokens, FITTING))
                    .setTruncatedTokens(Math.max(0, tokens - FITTING))
                    .setCompletionTokens(1)
                    .build());
            answers.onCompleted();
        }
    }
}
