package io.maru.training.process;

import io.maru.formats.CorruptFileException;
import io.maru.formats.SealedFile;
import io.maru.model.DivergedException;
import io.maru.model.Learner;
import io.maru.model.StepResult;
import io.maru.model.Trainer;
import io.maru.model.UnsupportedModelException;
import io.maru.model.Weights;
import io.maru.training.app.TrainerSetup;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * The trainer process: takes requests from its standard input, answers on its standard output, and ends when the input
 * does, so with the process that started it.
 */
public final class TrainerMain {
    private final DataOutputStream out;
    private Learner learner;

    private TrainerMain(DataOutputStream out) {
        this.out = out;
    }

    public static void main(String[] args) throws IOException, InterruptedException {
        TrainerMain process = new TrainerMain(
                new DataOutputStream(new BufferedOutputStream(new FileOutputStream(FileDescriptor.out))));
        // Whatever else is printed must not come between the answers.
        System.setOut(System.err);
        BlockingQueue<Frame> requests = new LinkedBlockingQueue<>();
        Thread reader = new Thread(() -> read(requests), "requests");
        reader.setDaemon(true);
        reader.start();
        while (true) {
            process.answer(requests.take());
        }
    }

    /** By a thread of its own: a step that hangs must not outlive the service that asked for it. */
    private static void read(BlockingQueue<Frame> requests) {
        DataInputStream in = new DataInputStream(System.in);
        while (true) {
            try {
                requests.add(Frame.read(in));
            } catch (IOException e) {
                Runtime.getRuntime().halt(0);
            }
        }
    }

    private void answer(Frame request) throws IOException {
        answerTo(request).write(out);
    }

    private Frame answerTo(Frame request) {
        try {
            DataInputStream in = request.in();
            return switch (Frame.Request.values()[request.kind()]) {
                case BEGIN -> begin(in);
                case RESUME -> resume(in);
                case STEP -> step(in);
                case VALIDATE -> validate(in);
                case SAVE -> save(in);
            };
        } catch (DivergedException e) {
            return Frame.of(Frame.Answer.DIVERGED, content -> {
                content.writeLong(learner.steps());
                content.writeLong(e.step());
                content.writeFloat(e.loss());
                content.writeFloat(e.gradientNorm());
                content.writeFloat(e.lossLimit());
            });
        } catch (UnsupportedModelException e) {
            return Frame.of(Frame.Answer.UNSUPPORTED, content -> Frame.writeText(content, e.getMessage()));
        } catch (CorruptFileException e) {
            return Frame.of(Frame.Answer.CORRUPT, content -> {
                Frame.writeText(content, e.file());
                Frame.writeText(content, e.place());
                Frame.writeText(content, e.found());
                Frame.writeText(content, e.expected());
            });
        } catch (IOException | RuntimeException | Error e) {
            return Frame.of(Frame.Answer.FAILED, content -> Frame.writeText(content, e.toString()));
        }
    }

    private Frame begin(DataInputStream in) throws IOException {
        TrainerSetup setup = TrainerSetup.fromJson(Frame.readText(in));
        Weights initial = Weights.initial(setup.decoder(), in.readLong());
        learner =
                Trainer.create(setup.decoder(), setup.adamW(), setup.batch(), initial, setup.options(), setup.device());
        return stands();
    }

    private Frame resume(DataInputStream in) throws IOException {
        TrainerSetup setup = TrainerSetup.fromJson(Frame.readText(in));
        Path folder = Path.of(Frame.readText(in));
        learner =
                Trainer.resume(setup.decoder(), setup.adamW(), setup.batch(), folder, setup.options(), setup.device());
        return stands();
    }

    private Frame stands() {
        return Frame.of(Frame.Answer.DONE, content -> content.writeLong(learner.steps()));
    }

    private Frame step(DataInputStream in) throws IOException {
        float rate = in.readFloat();
        float limit = in.readFloat();
        StepResult result = learner.step(Frame.readInts(in), Frame.readInts(in), rate, limit);
        return Frame.of(Frame.Answer.DONE, content -> {
            content.writeLong(result.step());
            content.writeFloat(result.loss());
            content.writeFloat(result.gradientNorm());
        });
    }

    private Frame validate(DataInputStream in) throws IOException {
        double loss = learner.validate(Frame.readInts(in), Frame.readInts(in));
        return Frame.of(Frame.Answer.DONE, content -> content.writeDouble(loss));
    }

    private Frame save(DataInputStream in) throws IOException {
        Learner.Saved saved = learner.save(Path.of(Frame.readText(in)));
        return Frame.of(Frame.Answer.DONE, content -> {
            for (SealedFile file : new SealedFile[] {saved.model(), saved.optimizer()}) {
                content.writeLong(file.size());
                Frame.writeText(content, file.sha256());
            }
        });
    }
}
