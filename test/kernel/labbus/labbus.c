// SPDX-License-Identifier: GPL-2.0-only
/*
 * I2C adapters and an SPI controller whose chips live in user space.
 *
 * Every transfer becomes one record that is read from /dev/labbus, and waits for the record that is
 * written back. What may be bound to the buses is not limited: i2c-dev and spidev, and the kernel's
 * own drivers of a chip through new_device (i2c) and the parameter spi_new.
 *
 *   i2c-0 .. i2c-1   raw transfers, 10-bit addresses, SMBus by the kernel's emulation
 *   i2c-2            the chips of i2c-0 behind a controller that only knows SMBus
 *   spi0             four chip selects, spidev on each
 *
 * A transfer fails with -ETIMEDOUT when no answer comes: after the adapter's timeout (I2C_TIMEOUT)
 * or, on SPI, after the parameter timeout_ms. Without a reader it fails at once.
 */
#include <linux/completion.h>
#include <linux/fs.h>
#include <linux/i2c.h>
#include <linux/list.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/platform_device.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/spi/spi.h>
#include <linux/uaccess.h>
#include <linux/wait.h>

#define I2C_BUSES 2
#define CHIP_SELECTS 4

enum { KIND_I2C, KIND_SPI };
enum { PART_READ = 1, PART_WRITE = 2, PART_TEN_BIT = 4, PART_CS_CHANGE = 8, PART_LENGTH_FIRST = 16 };

/* Followed by the parts, then by the bytes of every part that writes. */
struct labbus_request {
	__u32 size;
	__u32 id;
	__u8 kind;
	__u8 bus;
	__u16 count;
	__u32 chip;
	__u32 mode;
};

struct labbus_part {
	__u32 length;
	__u16 address;
	__u16 flags;
	__u32 hz;
	__u32 delay_ns;
	__u32 bits;
};

/*
 * Followed by the bytes of every part that reads. The result is 0 or a negative errno; id 0 ends
 * the reader's next read with no bytes.
 */
struct labbus_answer {
	__u32 size;
	__u32 id;
	__s32 result;
};

struct call {
	struct list_head link;
	struct completion done;
	struct labbus_request *record;
	u8 *in;
	size_t in_size;
	int result;
};

static DEFINE_MUTEX(lock);
static LIST_HEAD(waiting);
static LIST_HEAD(taken);
static DECLARE_WAIT_QUEUE_HEAD(readable);
static bool has_reader;
static bool ended;
static u32 last_id;

static uint timeout_ms = 1000;
module_param(timeout_ms, uint, 0644);
MODULE_PARM_DESC(timeout_ms, "how long an SPI message waits for its answer");

static uint smbus_functions = I2C_FUNC_SMBUS_EMUL_ALL;
module_param(smbus_functions, uint, 0644);
MODULE_PARM_DESC(smbus_functions, "what i2c-2 says it can do");

/* ---- records ---- */

static int call_init(struct call *call, int kind, int bus, int count, size_t out, size_t in)
{
	size_t size = sizeof(*call->record) + count * sizeof(struct labbus_part) + out;

	init_completion(&call->done);
	call->record = kvzalloc(size, GFP_KERNEL);
	call->in = kvzalloc(in ? in : 1, GFP_KERNEL);
	call->in_size = in;
	call->result = -EIO;
	if (!call->record || !call->in)
		return -ENOMEM;
	call->record->size = size;
	call->record->kind = kind;
	call->record->bus = bus;
	call->record->count = count;
	return 0;
}

static void call_free(struct call *call)
{
	kvfree(call->record);
	kvfree(call->in);
}

static struct labbus_part *call_parts(struct call *call)
{
	return (struct labbus_part *)(call->record + 1);
}

static u8 *call_bytes(struct call *call)
{
	return (u8 *)(call_parts(call) + call->record->count);
}

static int call_run(struct call *call, unsigned long timeout)
{
	mutex_lock(&lock);
	if (!has_reader) {
		mutex_unlock(&lock);
		return -ENXIO;
	}
	call->record->id = ++last_id ? last_id : ++last_id;
	list_add_tail(&call->link, &waiting);
	mutex_unlock(&lock);
	wake_up_interruptible(&readable);

	if (wait_for_completion_timeout(&call->done, timeout))
		return call->result;
	mutex_lock(&lock);
	if (completion_done(&call->done)) {
		mutex_unlock(&lock);
		return call->result;
	}
	list_del(&call->link);
	mutex_unlock(&lock);
	return -ETIMEDOUT;
}

/* ---- /dev/labbus ---- */

static int lab_open(struct inode *inode, struct file *file)
{
	guard(mutex)(&lock);
	if (has_reader)
		return -EBUSY;
	has_reader = true;
	ended = false;
	return stream_open(inode, file);
}

static void fail_all(struct list_head *list)
{
	struct call *call, *next;

	list_for_each_entry_safe(call, next, list, link) {
		list_del(&call->link);
		call->result = -EIO;
		complete(&call->done);
	}
}

static int lab_release(struct inode *inode, struct file *file)
{
	guard(mutex)(&lock);
	has_reader = false;
	fail_all(&waiting);
	fail_all(&taken);
	return 0;
}

static ssize_t take_one(char __user *to, size_t room)
{
	struct call *call;

	guard(mutex)(&lock);
	if (ended) {
		ended = false;
		return 0;
	}
	call = list_first_entry_or_null(&waiting, struct call, link);
	if (!call)
		return -EAGAIN;
	if (call->record->size > room)
		return -EMSGSIZE;
	if (copy_to_user(to, call->record, call->record->size))
		return -EFAULT;
	list_move_tail(&call->link, &taken);
	return call->record->size;
}

static ssize_t lab_read(struct file *file, char __user *to, size_t room, loff_t *at)
{
	for (;;) {
		ssize_t n = take_one(to, room);

		if (n != -EAGAIN || (file->f_flags & O_NONBLOCK))
			return n;
		if (wait_event_interruptible(readable, ended || !list_empty(&waiting)))
			return -ERESTARTSYS;
	}
}

static int finish(struct call *call, const struct labbus_answer *answer, const u8 __user *bytes)
{
	size_t size = answer->size - sizeof(*answer);

	if (answer->result > 0 || size != (answer->result ? 0 : call->in_size))
		return -EINVAL;
	if (copy_from_user(call->in, bytes, size))
		return -EFAULT;
	call->result = answer->result;
	list_del(&call->link);
	complete(&call->done);
	return 0;
}

static ssize_t lab_write(struct file *file, const char __user *from, size_t size, loff_t *at)
{
	struct labbus_answer answer;
	struct call *call;

	if (size < sizeof(answer))
		return -EINVAL;
	if (copy_from_user(&answer, from, sizeof(answer)))
		return -EFAULT;
	if (answer.size != size)
		return -EINVAL;

	guard(mutex)(&lock);
	if (!answer.id) {
		ended = true;
		wake_up_interruptible(&readable);
		return size;
	}
	list_for_each_entry(call, &taken, link) {
		int err;

		if (call->record->id != answer.id)
			continue;
		err = finish(call, &answer, from + sizeof(answer));
		return err ? err : size;
	}
	/* It came too late. */
	return -ENOENT;
}

static __poll_t lab_poll(struct file *file, poll_table *table)
{
	poll_wait(file, &readable, table);
	guard(mutex)(&lock);
	return EPOLLOUT | (ended || !list_empty(&waiting) ? EPOLLIN : 0);
}

static const struct file_operations lab_fops = {
	.owner = THIS_MODULE,
	.open = lab_open,
	.release = lab_release,
	.read = lab_read,
	.write = lab_write,
	.poll = lab_poll,
};

static struct miscdevice lab_misc = { .minor = MISC_DYNAMIC_MINOR, .name = "labbus", .fops = &lab_fops };

/* ---- I2C ---- */

static struct i2c_adapter raw[I2C_BUSES];
static struct i2c_adapter smbus;

/* An SMBus block read finds its length in the first byte, so the answer has room for the longest. */
static size_t room_of(const struct i2c_msg *msg)
{
	return msg->len + (msg->flags & I2C_M_RECV_LEN ? I2C_SMBUS_BLOCK_MAX : 0);
}

static void put_msg(struct labbus_part *part, const struct i2c_msg *msg)
{
	part->length = room_of(msg);
	part->address = msg->addr;
	part->flags = msg->flags & I2C_M_RD ? PART_READ : PART_WRITE;
	if (msg->flags & I2C_M_TEN)
		part->flags |= PART_TEN_BIT;
	if (msg->flags & I2C_M_RECV_LEN)
		part->flags |= PART_LENGTH_FIRST;
}

static int get_msg(struct i2c_msg *msg, const u8 *in)
{
	if (msg->flags & I2C_M_RECV_LEN) {
		if (!in[0] || in[0] > I2C_SMBUS_BLOCK_MAX)
			return -EPROTO;
		msg->len += in[0];
	}
	memcpy(msg->buf, in, msg->len);
	return 0;
}

static int get_msgs(struct i2c_msg *msgs, int count, const u8 *in)
{
	for (int i = 0; i < count; i++) {
		size_t room = room_of(&msgs[i]);
		int err;

		if (!(msgs[i].flags & I2C_M_RD))
			continue;
		err = get_msg(&msgs[i], in);
		if (err)
			return err;
		in += room;
	}
	return count;
}

static int raw_xfer(struct i2c_adapter *adapter, struct i2c_msg *msgs, int count)
{
	size_t out = 0, in = 0;
	struct call call;
	u8 *bytes;
	int ret;

	for (int i = 0; i < count; i++)
		*(msgs[i].flags & I2C_M_RD ? &in : &out) += room_of(&msgs[i]);
	ret = call_init(&call, KIND_I2C, adapter->nr, count, out, in);
	if (ret)
		goto end;
	bytes = call_bytes(&call);
	for (int i = 0; i < count; i++) {
		put_msg(&call_parts(&call)[i], &msgs[i]);
		if (msgs[i].flags & I2C_M_RD)
			continue;
		memcpy(bytes, msgs[i].buf, msgs[i].len);
		bytes += msgs[i].len;
	}
	ret = call_run(&call, adapter->timeout);
	if (!ret)
		ret = get_msgs(msgs, count, call.in);
end:
	call_free(&call);
	return ret;
}

static u32 raw_functions(struct i2c_adapter *adapter)
{
	return I2C_FUNC_I2C | I2C_FUNC_SMBUS_EMUL_ALL | I2C_FUNC_10BIT_ADDR;
}

static const struct i2c_algorithm raw_algorithm = { .xfer = raw_xfer, .functionality = raw_functions };

static s32 smbus_xfer(struct i2c_adapter *adapter, u16 address, unsigned short flags, char rw, u8 command,
		      int size, union i2c_smbus_data *data)
{
	return i2c_smbus_xfer(&raw[0], address, flags, rw, command, size, data);
}

static u32 smbus_functionality(struct i2c_adapter *adapter)
{
	return smbus_functions;
}

static const struct i2c_algorithm smbus_algorithm = {
	.smbus_xfer = smbus_xfer,
	.functionality = smbus_functionality,
};

static int add_adapter(struct i2c_adapter *adapter, int nr, const struct i2c_algorithm *algorithm,
		       struct device *parent)
{
	adapter->owner = THIS_MODULE;
	adapter->algo = algorithm;
	adapter->nr = nr;
	adapter->dev.parent = parent;
	snprintf(adapter->name, sizeof(adapter->name), "lab i2c %d", nr);
	return i2c_add_numbered_adapter(adapter);
}

/* ---- SPI ---- */

static struct spi_controller *controller;
static struct spi_device *chips[CHIP_SELECTS];
static DEFINE_MUTEX(chips_lock);

static void put_transfer(struct labbus_part *part, struct spi_transfer *transfer)
{
	int delay = spi_delay_to_ns(&transfer->delay, transfer);

	part->length = transfer->len;
	part->flags = (transfer->rx_buf ? PART_READ : 0) | (transfer->tx_buf ? PART_WRITE : 0) |
		      (transfer->cs_change ? PART_CS_CHANGE : 0);
	part->hz = transfer->speed_hz;
	part->bits = transfer->bits_per_word;
	part->delay_ns = delay > 0 ? delay : 0;
}

static void put_message(struct call *call, struct spi_message *message)
{
	struct labbus_part *part = call_parts(call);
	u8 *bytes = call_bytes(call);
	struct spi_transfer *transfer;

	call->record->chip = spi_get_chipselect(message->spi, 0);
	call->record->mode = message->spi->mode;
	list_for_each_entry(transfer, &message->transfers, transfer_list) {
		put_transfer(part++, transfer);
		if (!transfer->tx_buf)
			continue;
		memcpy(bytes, transfer->tx_buf, transfer->len);
		bytes += transfer->len;
	}
}

static void get_message(struct call *call, struct spi_message *message)
{
	struct spi_transfer *transfer;
	u8 *in = call->in;

	list_for_each_entry(transfer, &message->transfers, transfer_list) {
		message->actual_length += transfer->len;
		if (!transfer->rx_buf)
			continue;
		memcpy(transfer->rx_buf, in, transfer->len);
		in += transfer->len;
	}
}

static int spi_message_run(struct spi_controller *ctlr, struct spi_message *message)
{
	struct spi_transfer *transfer;
	size_t out = 0, in = 0;
	struct call call;
	int count = 0;
	int err;

	list_for_each_entry(transfer, &message->transfers, transfer_list) {
		count++;
		out += transfer->tx_buf ? transfer->len : 0;
		in += transfer->rx_buf ? transfer->len : 0;
	}
	err = call_init(&call, KIND_SPI, ctlr->bus_num, count, out, in);
	if (err)
		goto end;
	put_message(&call, message);
	err = call_run(&call, msecs_to_jiffies(timeout_ms));
	if (!err)
		get_message(&call, message);
end:
	call_free(&call);
	message->status = err;
	spi_finalize_current_message(ctlr);
	return 0;
}

static int put_chip(struct spi_board_info *info)
{
	guard(mutex)(&chips_lock);
	if (info->chip_select >= CHIP_SELECTS || !controller)
		return -EINVAL;
	if (chips[info->chip_select])
		spi_unregister_device(chips[info->chip_select]);
	chips[info->chip_select] = spi_new_device(controller, info);
	return chips[info->chip_select] ? 0 : -EIO;
}

/* "dh2228fv" is a name in spidev's table of chips; its own is not. */
static int put_spidev(int chip_select)
{
	struct spi_board_info info = { .max_speed_hz = 10000000, .chip_select = chip_select };

	strscpy(info.modalias, "dh2228fv");
	return put_chip(&info);
}

static int spi_new_set(const char *text, const struct kernel_param *param)
{
	struct spi_board_info info = {};
	unsigned int chip_select, mode, hz;
	char name[SPI_NAME_SIZE];

	if (sscanf(text, "%u %31s %u %u", &chip_select, name, &mode, &hz) != 4)
		return -EINVAL;
	info.chip_select = chip_select;
	info.mode = mode;
	info.max_speed_hz = hz;
	strscpy(info.modalias, name);
	return put_chip(&info);
}

static const struct kernel_param_ops spi_new_ops = { .set = spi_new_set };
module_param_cb(spi_new, &spi_new_ops, NULL, 0200);
MODULE_PARM_DESC(spi_new, "puts a device on a chip select: 'chip-select name mode hz'");

static int add_controller(struct device *parent)
{
	int err;

	controller = spi_alloc_host(parent, 0);
	if (!controller)
		return -ENOMEM;
	controller->bus_num = 0;
	controller->num_chipselect = CHIP_SELECTS;
	controller->transfer_one_message = spi_message_run;
	controller->mode_bits = SPI_CPOL | SPI_CPHA | SPI_CS_HIGH | SPI_LSB_FIRST;
	controller->max_speed_hz = 50000000;
	err = spi_register_controller(controller);
	if (err) {
		spi_controller_put(controller);
		controller = NULL;
	}
	return err;
}

/* ---- life ---- */

static struct platform_device *lab_device;

static int __init lab_init(void)
{
	int err = 0;

	lab_device = platform_device_register_simple("labbus", -1, NULL, 0);
	if (IS_ERR(lab_device))
		return PTR_ERR(lab_device);
	for (int i = 0; i < I2C_BUSES && !err; i++)
		err = add_adapter(&raw[i], i, &raw_algorithm, &lab_device->dev);
	if (!err)
		err = add_adapter(&smbus, I2C_BUSES, &smbus_algorithm, &lab_device->dev);
	if (!err)
		err = add_controller(&lab_device->dev);
	for (int i = 0; i < CHIP_SELECTS && !err; i++)
		err = put_spidev(i);
	/* It is built in and never unloaded: what was added before an error stays, and every transfer fails. */
	return err ? err : misc_register(&lab_misc);
}
late_initcall(lab_init);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("I2C and SPI controllers answered by user space");
