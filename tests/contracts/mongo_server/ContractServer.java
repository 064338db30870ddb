import de.bwaldvogel.mongo.MongoServer;
import de.bwaldvogel.mongo.MongoVersion;
import de.bwaldvogel.mongo.backend.memory.MemoryBackend;
import de.bwaldvogel.mongo.bson.Document;
import de.bwaldvogel.mongo.wire.message.MongoMessage;
import java.net.InetSocketAddress;
import java.util.List;

/** Serves an empty database in memory on a free loopback port, prints its URI, and ends when its input ends. */
public class ContractServer {

    /** What the current drivers ask for; the library's own newest version is one that they no longer speak to. */
    private static final class Mongo5 implements MongoVersion {
        @Override
        public List<Integer> getVersionArray() {
            return List.of(5, 0, 0);
        }

        @Override
        public int getWireVersion() {
            return 13;
        }

        @Override
        public String toVersionString() {
            return "5.0.0";
        }
    }

    /** One command at a time, answered with a copy: the library answers with live documents, which the next command
     * may change before they are written out. */
    private static final class OneAtATime extends MemoryBackend {
        @Override
        public synchronized Document handleMessage(MongoMessage message) {
            return super.handleMessage(message).cloneDeeply();
        }
    }

    public static void main(String[] arguments) throws Exception {
        MongoServer server = new MongoServer(new OneAtATime().version(new Mongo5()));
        InetSocketAddress address = server.bind();
        System.out.println("mongodb://127.0.0.1:" + address.getPort() + "/?directConnection=true");
        System.out.flush();
        while (System.in.read() != -1) {
            // Only the end of the input matters: whoever started this server is gone.
        }
        server.shutdownNow();
        System.exit(0);
    }
}
